"""The records that come in, as published: raw, before tokenising. The contract of the topics `applications`,
`device-events`, `labels`, `blacklist-entries`, `merchant-events` and `policies`.

Optional means absent or null, and both mean missing: `None`, never 0 and never False. Records here may hold personal
data, so their `repr` shows none of it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from models.near.form import NearForm

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]+$(?!\n)", min_length=1, max_length=64)]
"""In Python `$` matches before a last line break too, which the lookahead forbids; `\\Z` is unknown to JSON Schema."""
Text = Annotated[str, Meta(max_length=256)]
RequiredText = Annotated[str, Meta(min_length=1, max_length=256)]
Time = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Money = Annotated[float, Meta(ge=0, le=1e12)]
Share = Annotated[float, Meta(ge=0, le=1)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]

Channel = Literal["h5", "app", "store", "api"]
Product = Literal["appliance", "home", "education", "medical_beauty", "cash"]
Scene = Literal["appliance", "home", "education", "medical_beauty"]
Relation = Text


class Incoming(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what comes in. Unknown fields are accepted and counted by the codec, which strips them first."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Gps(Incoming, frozen=True, kw_only=True):
    lat: Latitude
    lon: Longitude
    accuracy_m: Annotated[float, Meta(ge=0, le=1e7)] | None = None


class Address(Incoming, frozen=True, kw_only=True):
    text: Text | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None


class Employer(Incoming, frozen=True, kw_only=True):
    name: Text | None = None
    phone: Text | None = None


class Contact(Incoming, frozen=True, kw_only=True):
    phone: RequiredText
    name: Text | None = None
    relation: Relation | None = None


class Applicant(Incoming, frozen=True, kw_only=True):
    name: RequiredText
    id_number: RequiredText
    phone: RequiredText
    email: Text | None = None
    bank_card: Text | None = None
    address: Address | None = None
    employer: Employer | None = None
    contacts: Annotated[list[Contact], Meta(max_length=20)] | None = None


class Device(Incoming, frozen=True, kw_only=True):
    device_id: Id | None = None
    ip: Text | None = None
    os: Text | None = None
    session_id: Id | None = None
    gps: Gps | None = None
    emulator: bool | None = None
    rooted: bool | None = None
    vpn: bool | None = None
    model: Text | None = None


class Liveness(Incoming, frozen=True, kw_only=True):
    score: Share | None = None
    face_match: Share | None = None
    attempts: Count | None = None
    face_id: Id | None = None


class BureauCredit(Incoming, frozen=True, kw_only=True):
    provident_fund_monthly_cny: Money | None = None
    employer_verified: bool | None = None
    queries_30d: Count | None = None
    overdue_days_max_24m: Count | None = None


class TransactionCredit(Incoming, frozen=True, kw_only=True):
    lenders_7d: Count | None = None
    lenders_30d: Count | None = None
    lenders_90d: Count | None = None
    open_loans: Count | None = None
    debt_cny: Money | None = None
    income_monthly_cny: Money | None = None


class BehaviourCredit(Incoming, frozen=True, kw_only=True):
    overdue_count_12m: Count | None = None
    on_time_ratio: Share | None = None
    collection_calls_30d: Count | None = None
    collection_sms_30d: Count | None = None


class OtherCredit(Incoming, frozen=True, kw_only=True):
    address_months: Count | None = None
    address_tier: Count | None = None
    contacts_total: Count | None = None


class Credit(Incoming, frozen=True, kw_only=True):
    """What the lender knows of the applicant's credit; no personal identifiers, so it travels as it is."""

    bureau: BureauCredit | None = None
    transaction: TransactionCredit | None = None
    behaviour: BehaviourCredit | None = None
    other: OtherCredit | None = None


class Application(Incoming, frozen=True, kw_only=True):
    """A credit application to decide (topic `applications`, key application_id)."""

    event_id: Id
    application_id: Id
    occurred_at: Time
    channel: Channel
    product: Product
    amount_cny: Annotated[float, Meta(gt=0, le=1_000_000)]
    term_months: Annotated[int, Meta(ge=1, le=60)]
    applicant: Applicant
    merchant_id: Id | None = None
    store_id: Id | None = None
    sales_rep_id: Id | None = None
    device: Device | None = None
    liveness: Liveness | None = None
    credit: Credit | None = None


DeviceEventKind = Literal["login", "install", "form_fill", "otp", "location", "liveness", "sim_change"]


class DeviceEvent(Incoming, frozen=True, kw_only=True):
    """An observation of a device (topic `device-events`, key device_id)."""

    event_id: Id
    device_id: Id
    occurred_at: Time
    kind: DeviceEventKind
    phone: Text | None = None
    application_id: Id | None = None
    ip: Text | None = None
    gps: Gps | None = None
    emulator: bool | None = None
    rooted: bool | None = None
    vpn: bool | None = None
    hooked: bool | None = None
    fill_ms: Count | None = None
    paste_count: Count | None = None
    liveness_passed: bool | None = None
    model: Text | None = None
    os: Text | None = None


LabelKind = Literal[
    "confirmed_fraud",
    "confirmed_legitimate",
    "first_payment_default",
    "overdue",
    "repaid",
    "disbursed",
    "refunded",
    "collection_contact",
]


class Label(Incoming, frozen=True, kw_only=True):
    """What became of an application (topic `labels`, key application_id)."""

    event_id: Id
    application_id: Id
    occurred_at: Time
    kind: LabelKind
    source: Literal["analyst", "collections", "core", "merchant", "rule"]
    amount_cny: Money | None = None
    days: Count | None = None
    note: Text | None = None
    analyst_id: Id | None = None


ListedKind = Literal[
    "phone",
    "id_number",
    "device_id",
    "bank_card",
    "ip",
    "email",
    "address",
    "employer",
    "face_id",
    "merchant_id",
    "sales_rep_id",
]
Severity = Literal["low", "medium", "high"]
ListName = Annotated[str, Meta(pattern=r"^(own|external:[A-Za-z0-9._-]{1,48})$(?!\n)")]
Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}$(?!\n)")]


class BlacklistEntry(Incoming, frozen=True, kw_only=True):
    """Add or remove one entry of a list (topic `blacklist-entries`, key `kind:value`).

    The value comes raw (`value`) or already tokenised (`token`); one of the two is needed. Of a person of whom less is
    known, `value` is a masked ID number (`1101**********0038`) with the `name`, or there is no value but `name` and
    `birth_date`, of kind id_number: that is no hit for anybody, but near to whom it fits.
    """

    event_id: Id
    occurred_at: Time
    action: Literal["add", "remove"]
    list: ListName
    kind: ListedKind
    value: RequiredText | None = None
    token: Token | None = None
    reason: Text | None = None
    severity: Severity = "medium"
    expires_at: Time | None = None
    source: Text | None = None
    evidence: Text | None = None
    name: Text | None = None
    """Of the person, for near hits."""
    birth_date: date | None = None
    """Of the person, likewise."""
    near: Annotated[tuple[NearForm, ...], Meta(max_length=2)] | None = None
    """What both were turned into by whoever has tokenised the value already (`tidegate blacklist load`)."""

    def __post_init__(self) -> None:
        person = self.kind == "id_number" and self.name is not None and self.birth_date is not None
        if self.value is None and self.token is None and not person:
            raise ValueError("value: give `value` (raw) or `token`")


MerchantEventKind = Literal[
    "onboarded",
    "suspended",
    "quota",
    "complaint",
    "refund",
    "settlement",
    "deposit",
    "call_back",
    "performance",
]


class MerchantEvent(Incoming, frozen=True, kw_only=True):
    """Something that happened at a merchant (topic `merchant-events`, key merchant_id)."""

    event_id: Id
    merchant_id: Id
    occurred_at: Time
    kind: MerchantEventKind
    store_id: Id | None = None
    sales_rep_id: Id | None = None
    amount_cny: Money | None = None
    application_id: Id | None = None
    passed: bool | None = None
    quota_cny: Money | None = None
    category: Scene | None = None
    scale: Literal["large", "medium", "small"] | None = None


class PolicyRecord(Incoming, frozen=True, kw_only=True):
    """A policy version to load, or an activation (topic `policies`, key policy name)."""

    event_id: Id
    occurred_at: Time
    name: Id
    version: Id
    action: Literal["load", "activate"]
    document: Annotated[str, Meta(max_length=49_152)] | None = None
    shadow: bool = False
    author: Text | None = None
    approved_by: Text | None = None

    def __post_init__(self) -> None:
        if self.action == "load" and self.document is None:
            raise ValueError("document: a load needs the policy's TOML in `document`")


Event = Application | DeviceEvent | Label | BlacklistEntry | MerchantEvent | PolicyRecord

EVENT_TYPES: dict[str, type[Event]] = {
    "applications": Application,
    "device-events": DeviceEvent,
    "labels": Label,
    "blacklist-entries": BlacklistEntry,
    "merchant-events": MerchantEvent,
    "policies": PolicyRecord,
}
"""Topic of the contract -> type of its records."""
