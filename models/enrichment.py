"""What was fetched from the link index for one application, and what could not be. An `Enrichment` is data: it is
published in `decision-audit` as it came, and the core decides from it alone.

The link index answers with MessagePack arrays in the field order given here, so the order is part of its version.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from models.entities import EntityProfileOf
from models.facts import IdentifierKind
from models.near.form import NearBasis
from models.rings.state import RingOf

OBSERVATION_VERSION = "3"
"""Version of the answer's layout, noted in every audit record; changes when a field of a record below does."""

WINDOWS_MS: tuple[int, ...] = (3_600_000, 86_400_000, 604_800_000, 2_592_000_000, 7_776_000_000)
"""1 h, 24 h, 7 d, 30 d, 90 d of event time."""
WINDOW_NAMES: tuple[str, ...] = ("1h", "24h", "7d", "30d", "90d")

NEIGHBOURS_PER_IDENTIFIER = 64
"""The newest applications of one identifier that the index looks at."""
NEIGHBOURS_MAX = 256
"""Applications in one neighbourhood, this one not counted."""
RETENTION_MS = WINDOWS_MS[-1]
"""How long an application takes part in links and counts."""
RINGS_MAX = 8
"""Living rings that are told of one neighbourhood."""
SIGHTINGS_PER_SUBJECT = 16
"""The newest places remembered of one device, phone, ID number or store."""

UNLINKED_KINDS: tuple[IdentifierKind, ...] = ("merchant_id", "store_id", "ip_block", "gps_area")
"""Counted, but no link: strangers share them by trade, by network or as townspeople."""
NEAR_PER_KEY = 8
"""The newest list entries that one key of near hits leads to."""

WEAK_KINDS: tuple[IdentifierKind, ...] = ("ip", "gps_cell", "employer", "sales_rep_id", "device_like")
"""Neighbours and colleagues share these: looked through at hop 1 only, and not when crowded."""
HOP_TWO_KINDS: tuple[IdentifierKind, ...] = (
    "id_number",
    "phone",
    "contact_phone",
    "bank_card",
    "email",
    "address",
    "device_id",
    "face_id",
)
"""What leads from a hop-1 neighbour on to hop 2."""
CROWD = 16
"""An identifier of more applications than this is crowded. The strangers behind a crowded weak identifier are not
fetched, it is only reported as a `Link`; those behind a crowded strong one are hop-1 neighbours, but lead on to nobody;
and at hop 2 a crowded identifier adds no neighbours."""

DecisionFlag = Literal["", "approve", "review", "reject"]
LabelFlag = Literal["", "fraud", "honest"]
LoanFlag = Literal["", "disbursed", "repaid"]
"""What is known of an application's money: nothing, it is out, it is back. In rising order: the last that was ever said
stands, whatever the order in which it is said."""


class ListHit(Struct, frozen=True, array_like=True, gc=False):
    """An entry of a list for an identifier of this application: there when it was observed, unexpired at event time."""

    kind: str
    """Identifier kind as it stands in the application: `contact_phone` for a contact's phone that is listed."""
    token: str
    list: str
    """`own` or `external:<name>`."""
    severity: str
    reason: str | None
    source: str | None
    evidence: str | None
    added_ms: int
    expires_ms: int | None


class NearCandidate(Struct, frozen=True, array_like=True, gc=False):
    """An entry of a list that shares a key with a form of this application (`models.near.forms`): there when it was
    observed, unexpired at event time. How alike the two are is for the core to say."""

    basis: NearBasis
    parts: list[str]
    """Of the entry's form, to compare with the application's."""
    hit: ListHit


class Velocity(Struct, frozen=True, array_like=True, gc=False):
    """Applications with one identifier in the windows (T - w, T] of event time, this application included."""

    kind: str
    token: str
    counts: list[int]
    """Applications per window of `WINDOWS_MS`. Exact up to `NEIGHBOURS_PER_IDENTIFIER`; older ones beyond that are
    counted in buckets of a twelfth of the window or finer."""
    applicants: list[int]
    """Distinct applicants (ID-number tokens) per window, among the newest `NEIGHBOURS_PER_IDENTIFIER`."""
    degree: int
    """Applications remembered with this identifier in all (90 days either side of event time)."""
    as_phone: list[int]
    """Only for `phone` and `contact_phone`, else empty: distinct *other* applicants per window who use the same number
    in the other role: for a `phone`, who name it as their contact; for a `contact_phone`, who apply with it."""


class PersonCounts(Struct, frozen=True, array_like=True, gc=False):
    """What the applicant (ID-number token) used in the windows, this application included: distinct tokens."""

    devices: list[int]
    phones: list[int]
    profiles: list[int]
    bank_cards: list[int]
    merchants: list[int]
    refused: list[int]
    """Earlier applications of the applicant that were decided `reject`."""


class Neighbour(Struct, frozen=True, array_like=True, gc=False):
    """Another application of the neighbourhood and what is known of it now."""

    application_id: str
    occurred_ms: int
    applicant: str
    """First eight characters of the applicant's token: enough to tell applicants apart."""
    merchant_id: str
    """Empty when missing."""
    channel: str
    amount_cny: float
    decision: DecisionFlag
    label: LabelFlag
    listed: bool
    """One of its own identifiers is (or came to be) on a list."""
    hop: int
    """1: shares an identifier with this application; 2: shares one with a hop-1 neighbour."""


class Link(Struct, frozen=True, array_like=True, gc=False):
    """An identifier and the applications of the neighbourhood that have it: a hyper-edge.

    Reported are the identifiers of this application and those of `HOP_TWO_KINDS` of its hop-1 neighbours, when two or
    more of the neighbourhood have them; of this application's crowded weak ones, always.
    """

    kind: str
    """`contact_phone` links who names a number as a contact's with each other and with who applies with it."""
    token: str
    degree: int
    """Applications that have it in all; crowded identifiers weigh little."""
    channels: dict[str, int]
    """How many of its newest `NEIGHBOURS_PER_IDENTIFIER` came by each channel, to tell a shop's kiosk from a farm's
    phone; this application included when it has it."""
    members: list[int]
    """Positions in `Observation.neighbours`; -1 is this application itself. Of a crowded weak identifier only those
    that are neighbours otherwise."""


class Sighting(Struct, frozen=True, array_like=True, gc=False):
    """A place where a device, phone, ID number or store was seen."""

    kind: str
    """`device_id`, `phone`, `id_number` or `store_id`."""
    occurred_ms: int
    cell: str
    """H3 cell of resolution 9."""
    accuracy_m: float | None
    vpn: bool
    application_id: str
    """Empty when it was a device event."""


class DeviceState(Struct, frozen=True, array_like=True, gc=False):
    """What the device events said about this application's device up to its event time."""

    first_seen_ms: int
    last_seen_ms: int
    events_24h: int
    events_30d: int
    emulator: bool | None
    """True when any event of the last 30 days said so; None when none said anything. Likewise the next three."""
    rooted: bool | None
    vpn: bool | None
    hooked: bool | None
    fill_ms: int | None
    """Of the latest `form_fill` in the 24 h before the application."""
    paste_count: int | None
    liveness_failures_24h: int
    sim_changes_30d: int
    otps_1h: int
    phones_30d: int
    """Distinct phones seen with the device."""
    models_30d: int = 0
    """Distinct models (with their systems) that the device told."""
    fills_7d: int = 0
    """Forms filled in whose time was told, whatever became of them."""
    fill_spread_7d: float | None = None
    """Standard deviation of these times over their mean: near 0 for a machine. None for fewer than two."""
    fill_gap_spread_7d: float | None = None
    """Likewise of the time between one form and the next; None for fewer than three forms."""


class Observation(Struct, frozen=True, array_like=True):
    """The answer of the link index to one application."""

    duplicate: bool
    """This event had been observed before; nothing was written."""
    earlier: bytes | None
    """The stored result of this event (`streams.index.protocol.StoredResult`), when it was decided before."""
    resubmissions: int
    """Other events that came before under the same application id."""
    hits: list[ListHit]
    velocity: list[Velocity]
    person: PersonCounts | None
    neighbours: list[Neighbour]
    links: list[Link]
    device: DeviceState | None
    sightings: list[Sighting]
    truncated: list[str]
    """What was cut: `identifier:<kind>` (more than the newest 64), `nodes` (more than 256 in all), `rings` (more than 8
    of them)."""
    profiles: list[EntityProfileOf] = []
    """Of the identifiers of `ENTITY_KINDS`, in the order of `velocity`: what is known of each besides this application
    when it is observed; labels as they stand then, late applications included. None for one that nobody else has."""
    rings: list[RingOf] = []
    """The living rings of this application and its neighbours: its own first, then as the neighbours come; at most
    `RINGS_MAX`."""
    near: list[NearCandidate] = []
    """Of the application's forms, in their order; at most `NEAR_PER_KEY` for each of their keys."""


Dependency = Literal["links", "blacklist", "model"]


class ListAnswer(Struct, frozen=True, kw_only=True):
    """What one external list service said about the identifiers of an application."""

    name: str
    """Of the list: `external:<name of the service>`."""
    hits: list[ListHit] = []
    """What it has on its list."""
    silent: bool = False
    """It did not answer, about some identifiers or all: of those nothing is known, and they are not clean."""


class Enrichment(Struct, frozen=True, kw_only=True):
    """An observation, or the word that there is none; and what external list services said."""

    observation: Observation | None = None
    degraded: tuple[Dependency, ...] = ()
    """The dependencies that could not be asked."""
    external_lists: list[ListAnswer] = []
    """One for each service that is configured, in the order of their file."""

    @property
    def hits(self) -> list[ListHit]:
        """The entries that are known, of whatever list."""
        hits = [] if self.observation is None else self.observation.hits
        asked = [hit for answer in self.external_lists for hit in answer.hits]
        return [*hits, *asked] if asked else hits

    @property
    def silent_lists(self) -> list[str]:
        """The lists whose services did not answer."""
        return [answer.name for answer in self.external_lists if answer.silent]


DEGRADED_INDEX = Enrichment(degraded=("links", "blacklist"))
"""The link index did not answer in time: neither links nor lists are known."""
