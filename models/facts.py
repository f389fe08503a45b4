"""Tokenised events: what travels past the edge. Identifiers are tokens, and whatever features need from the raw values
has been derived (ages, regions, cells, distances), so that a decision can be made again from these records alone.

`models.tokenise` makes them from the raw records of `models.events`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct

from models.events import (
    Channel,
    Credit,
    DeviceEventKind,
    LabelKind,
    ListedKind,
    Product,
    Severity,
)
from models.near.form import NearForm

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

IdentifierKind = Literal[
    "id_number",
    "phone",
    "contact_phone",
    "profile",
    "bank_card",
    "email",
    "address",
    "employer",
    "device_id",
    "ip",
    "ip_block",
    "gps_cell",
    "face_id",
    "merchant_id",
    "store_id",
    "sales_rep_id",
    "gps_area",
    "device_like",
]
"""What two applications can share. `contact_phone` is the phone of somebody the applicant names; its token equals the
token of the same number as `phone`, so that an applicant who is somebody's contact can be found. `profile` is the
applicant's name together with the phone. `ip_block` is the /24 (IPv4) or /48 (IPv6), `gps_cell` the H3 cell of
resolution 9 (about 0.1 square km), `gps_area` that of resolution 6 around it (about 36 square km). `device_like` is a
device's model and system together with its place: see `models.device_likeness`."""


class Identifier(Struct, frozen=True, array_like=True, gc=False):
    """One identifier of an application: its kind and its token, 22 characters of base64url for every kind."""

    kind: IdentifierKind
    token: str


class IdentityFacts(Struct, frozen=True, kw_only=True, gc=False):
    """Derived from the applicant's raw identifiers. None is missing or underivable."""

    id_valid: bool | None = None
    """Mainland ID: 18 characters, plausible birth date, check digit right. None for other documents."""
    age_years: float | None = None
    """Whole years at the time of the application, from the ID number; a finer age would give the birthday away."""
    male: bool | None = None
    id_province: str | None = None
    """Two-digit GB/T 2260 code of the ID number's region, e.g. "37" for Shandong."""
    phone_valid: bool | None = None
    phone_mobile: bool | None = None
    phone_province: str | None = None
    """Two-digit GB/T 2260 code of the phone number's region."""
    phone_segment: str | None = None
    """First three digits of a mainland mobile number."""
    virtual_operator: bool | None = None
    """The phone's segment belongs to virtual operators (162, 165, 167, 170, 171): cheap to get in bulk."""
    email_free: bool | None = None
    """The e-mail's domain is one of the large free providers."""
    email_digits_share: float | None = None
    """Share of digits in the e-mail's local part, 0 to 1."""
    card_luhn: bool | None = None
    name_length: int | None = None
    """Characters of the name, spaces and middle dots left out."""
    name_cjk: bool | None = None
    """The name is written in Chinese characters only."""
    contacts: int | None = None
    """How many contacts were named; None when the list is missing."""
    contact_relations: int | None = None
    """How many different relations the contacts have."""
    contact_is_self: bool | None = None
    """A contact's phone is the applicant's own."""
    contact_same_name: bool | None = None
    """A contact bears the applicant's name."""
    employer_phone_is_own: bool | None = None
    """The employer's phone is the applicant's or a contact's phone."""


class DeviceFacts(Struct, frozen=True, kw_only=True, gc=False):
    """What the application itself says about the device."""

    os: str | None = None
    emulator: bool | None = None
    rooted: bool | None = None
    vpn: bool | None = None
    ip_private: bool | None = None
    """The address is private, loopback or reserved: a proxy hides the real one."""
    ip_version: int | None = None


class PlaceFacts(Struct, frozen=True, kw_only=True, gc=False):
    """Where the application came from, as H3 cells and distances."""

    gps_cell: str | None = None
    """H3 cell of resolution 9."""
    gps_area: str | None = None
    """H3 cell of resolution 6 (about 36 square km), the neighbourhood of a town."""
    gps_accuracy_m: float | None = None
    address_cell: str | None = None
    gps_address_km: float | None = None
    """Great-circle distance from the device to the home address."""


class LivenessFacts(Struct, frozen=True, kw_only=True, gc=False):
    """The face check; scores are 0 to 1."""

    score: float | None = None
    face_match: float | None = None
    attempts: int | None = None


class Extra(Struct, frozen=True, kw_only=True):
    """Columns of a history that have no place in the contract, by their names there. None is missing."""

    numeric: dict[str, float | None] = {}
    categorical: dict[str, str | None] = {}


class ApplicationFacts(Struct, frozen=True, kw_only=True):
    """A tokenised application. Absent groups are None (missing), and `missing` of the decision lists them.

    `channel`, `product`, `amount_cny` and `term_months` are required at the edge, so only an application of a history
    can be without them.
    """

    event_id: str
    application_id: str
    occurred_at: datetime
    """UTC."""
    local_minute: int
    """Minute of the day, 0 to 1439, by the clock at the place (`models.places.local_time`); the lender's where no place
    is believed."""
    local_weekday: int
    """0 is Monday, by the same clock."""
    channel: Channel | None = None
    product: Product | None = None
    amount_cny: float | None = None
    term_months: int | None = None
    applicant_token: str
    """Token of the ID number: who applies."""
    merchant_id: str | None = None
    store_id: str | None = None
    sales_rep_id: str | None = None
    identifiers: list[Identifier]
    """Distinct, in a fixed order: the applicant's own first, contacts in the order named."""
    identity: IdentityFacts
    device: DeviceFacts | None = None
    place: PlaceFacts | None = None
    liveness: LivenessFacts | None = None
    credit: Credit | None = None
    extra: Extra | None = None
    """Of a history only."""
    near: list[NearForm] = []
    """What near hits are found by; links nobody."""

    @property
    def occurred_ms(self) -> int:
        """Event time in milliseconds since the epoch."""
        return epoch_ms(self.occurred_at)

    def token(self, kind: IdentifierKind) -> str | None:
        """The first token of that kind, or None when missing."""
        for identifier in self.identifiers:
            if identifier.kind == kind:
                return identifier.token
        return None

    def tokens(self, kind: IdentifierKind) -> list[str]:
        """All tokens of that kind (contacts have several)."""
        return [identifier.token for identifier in self.identifiers if identifier.kind == kind]


class DeviceEventFacts(Struct, frozen=True, kw_only=True):
    """A tokenised device event."""

    event_id: str
    occurred_at: datetime
    device_token: str
    kind: DeviceEventKind
    phone_token: str | None = None
    application_id: str | None = None
    ip_token: str | None = None
    gps_cell: str | None = None
    gps_accuracy_m: float | None = None
    emulator: bool | None = None
    rooted: bool | None = None
    vpn: bool | None = None
    hooked: bool | None = None
    fill_ms: int | None = None
    paste_count: int | None = None
    liveness_passed: bool | None = None
    model_token: str | None = None
    """Token of the device's model and system."""

    @property
    def occurred_ms(self) -> int:
        """Event time in milliseconds since the epoch."""
        return epoch_ms(self.occurred_at)


class ListEntryFacts(Struct, frozen=True, kw_only=True):
    """A tokenised blacklist entry; `remove` takes it off again."""

    event_id: str
    occurred_at: datetime
    action: Literal["add", "remove"]
    list: str
    kind: ListedKind
    token: str
    reason: str | None = None
    severity: Severity = "medium"
    expires_at: datetime | None = None
    source: str | None = None
    evidence: str | None = None
    near: tuple[NearForm, ...] = ()
    """What near hits find it by."""

    @property
    def occurred_ms(self) -> int:
        """Event time in milliseconds since the epoch."""
        return epoch_ms(self.occurred_at)


class LabelFacts(Struct, frozen=True, kw_only=True):
    """A label past the edge: nothing personal in it but the note, which is left behind."""

    event_id: str
    application_id: str
    occurred_at: datetime
    kind: LabelKind
    source: str
    amount_cny: float | None = None
    days: int | None = None
    analyst_id: str | None = None

    @property
    def occurred_ms(self) -> int:
        """Event time in milliseconds since the epoch."""
        return epoch_ms(self.occurred_at)


def epoch_ms(moment: datetime) -> int:
    """Milliseconds since the epoch of an aware datetime, rounded down; exact, as floats of seconds are not."""
    return (moment - _EPOCH) // _MILLISECOND
