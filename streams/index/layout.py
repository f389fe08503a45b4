"""How the link index names and bounds what it stores; both implementations go by it.

Keys in Valkey, after five characters that stand for the deployment (`node`, `event` and `alert` are short hashes,
`identifier` is the kind's code, a small letter, with the beginning of the token):

    <identifier>    its newest applications      O<identifier>  counts of the older ones, only where there are any
    A<node>         an application: flags, wire form, times, identifiers
    S<identifier>   the places it was seen at    E<identifier>  its profile as an entity
    D<identifier>   the events of a device
    L<kind><start>  list entries of identifiers whose tokens start like that (`start` has three characters)
    N<start>        list entries by the keys of near hits that start like that (`start` has three characters)
    X<identifier>   what only its list entries say: a hash, by list
    T  lists and words by their numbers: a hash   H  how often list entries were hit: a hash, by identifier and list
    R<event>        the decision on an application event
    U<event>        its audit record and alerts, until they are settled
    V<name>         the same of a result that is being remembered: a name of its own, for one round trip
    C<alert>        which event claimed an alert                P  which deployment the five characters stand for
    K<cause>        what a recall found, by the event or alert it is about
    G<node>         a ring by the application that names it, or by another one that leads to it

Most keys are an identifier that a single application has, so these are short: key and value are 30 bytes, what fits
with Valkey's own 26 into an allocation of 56.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, get_args

from models.enrichment import DecisionFlag, LabelFlag, LoanFlag
from models.events import Channel, ListedKind
from models.facts import ApplicationFacts, Identifier, IdentifierKind
from models.rings.state import RING_PREFIX

KIND_CODES: dict[IdentifierKind, str] = {
    "id_number": "i",
    "phone": "p",
    "contact_phone": "c",
    "profile": "n",
    "bank_card": "b",
    "email": "e",
    "address": "a",
    "employer": "w",
    "device_id": "d",
    "ip": "x",
    "ip_block": "k",
    "gps_cell": "g",
    "face_id": "f",
    "merchant_id": "m",
    "store_id": "s",
    "sales_rep_id": "r",
    "gps_area": "t",
    "device_like": "l",
}
"""Kind -> its one character in keys and stored lists, a small letter. Stored: never change one."""
KIND_OF_CODE: dict[str, IdentifierKind] = {code: kind for kind, code in KIND_CODES.items()}
LIST_KINDS: dict[IdentifierKind, IdentifierKind] = {
    **{kind: kind for kind in KIND_CODES if kind in get_args(ListedKind)},
    "contact_phone": "phone",
}
"""Kind of an application's identifier -> kind of the list entries that it is looked up under."""
PERSON_KINDS: tuple[IdentifierKind, ...] = ("device_id", "phone", "profile", "bank_card", "merchant_id")
"""What `PersonCounts` counts, in its order; applications that were refused come last there."""
CHANNEL_CODES: dict[Channel | Literal[""], str] = {"": "-", "h5": "h", "app": "a", "store": "s", "api": "i"}
"""An application of a history may have none."""
DECISION_CODES: dict[DecisionFlag, str] = {"": "-", "approve": "a", "review": "v", "reject": "r"}
LABEL_CODES: dict[LabelFlag, str] = {"": "-", "honest": "h", "fraud": "f"}
"""In rising order: of two labels of the same moment the later one here stands."""
LOAN_CODES: dict[LoanFlag, int] = {"": 0, "disbursed": 1, "repaid": 2}
"""In rising order, as they are stored."""
DECISION_RANKS: dict[DecisionFlag, int] = {"": 0, "approve": 1, "review": 2, "reject": 3}
"""Of two decisions on one event the stricter stands: a recall holds back what was approved."""
USUAL_CODES: dict[bool | None, int] = {False: 0, None: 1, True: 2}
"""Whether an application's amount was usual for its applicant, as `models.entities` has it."""
NO_CENTS = 2**40 - 1
"""Stands for the amount of an application that told none."""

DAY_MS = 86_400_000
KEEP_MS = 91 * DAY_MS
"""Time to live of a key in Valkey after its last write: the retention of 90 days and a day's slack."""
AUDIT_KEEP_MS = 7 * DAY_MS
"""Time to live of an audit copy that nobody settles."""
CLAIM_KEEP_MS = 30 * DAY_MS
"""How long an alert stays claimed by the event that raised it first."""

BUCKETS_PER_WINDOW = 12
"""Applications beyond the newest 64 of an identifier are counted in buckets of a twelfth of each window."""
BUCKETS_KEPT = 16
"""Buckets kept per window: an event may be late by a third of the window and still find all of them."""
DEVICE_EVENTS_KEPT = 256
"""The newest events of a device."""
EVENTS_PER_APPLICATION = 64
"""The newest events of one application that are told apart; one older than all of these counts as a repeat."""
IDENTIFIERS_PER_APPLICATION = 96
"""Identifiers that one application may gather over its events; later ones are left out. One event has 37 at most."""

RING_ROWS = 512
"""The newest members of a ring that are remembered one by one, in 48 bytes each; older ones are counted."""
RING_SHARED = 128
"""Shared identifiers of a ring that are told apart: of more, those of the smallest hashes."""
RING_FOUNDERS = 32
"""Names that a ring remembers to be known by, the oldest."""

LAYOUT = "3"
"""Version of what is stored. Each has keys of its own: after an upgrade, `tidegate rebuild` fills the new ones, and the
old ones expire."""
PREFIX_CHARACTERS = 5
TOKEN_CHARACTERS = 13
"""As much of an identifier's token as the index keeps: 78 bits. Among a hundred million identifiers of one kind, the
odds that any two are taken for the same are 2 in a hundred million."""
IDENTIFIER_CHARACTERS = 1 + TOKEN_CHARACTERS
WHOLE_TOKEN_CHARACTERS = 22
"""What a list entry keeps of its token, so that what is exported can be loaded again."""
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""What tokens are made of."""
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
LIST_BUCKET_CHARACTERS = 3
"""262,144 buckets a kind. Two million entries of one kind share them by eight, and an application's dozen identifiers
are looked up in a few kilobytes, however many entries there are."""
NEAR_BUCKET_CHARACTERS = 3
"""Likewise for the keys of near hits, of which an entry with a name has about nine."""
WORDS_MAX = 50_000
"""So many different pairs of reason and source are stored once for all entries that have them. When there are more,
people write sentences there: those are stored with the entry."""
APPLICANT_CHARACTERS = 8
"""As much of an applicant's token as is kept beside each application of an identifier: 48 bits, among 64."""


def key_prefix(topic_prefix: str) -> str:
    """What a deployment's keys in Valkey start with: always `PREFIX_CHARACTERS` of base64url, 30 bits of a hash. Two
    deployments on one server that share it would be told (`ping`)."""
    digest = blake2b(topic_prefix.encode(), digest_size=8, person=f"prefix{LAYOUT}".encode()).digest()
    return _base64url(digest)[:PREFIX_CHARACTERS]


def short_identifier(kind: IdentifierKind, token: str) -> str:
    """An identifier as the index names it: the kind's code and `TOKEN_CHARACTERS` characters."""
    return (KIND_CODES[kind] + token)[:IDENTIFIER_CHARACTERS].ljust(IDENTIFIER_CHARACTERS, "-")


def short_identifiers(identifiers: Iterable[Identifier]) -> list[str]:
    """The same of several."""
    codes, length = KIND_CODES, IDENTIFIER_CHARACTERS
    return [(codes[each.kind] + each.token)[:length].ljust(length, "-") for each in identifiers]


def whole_tokens(application: ApplicationFacts) -> dict[str, str]:
    """Token as the index keeps it -> the whole of it, for the identifiers of an application."""
    tokens = [identifier.token for identifier in application.identifiers]
    return {token[:TOKEN_CHARACTERS].ljust(TOKEN_CHARACTERS, "-"): token for token in tokens}


def short_applicant(token: str) -> str:
    """An applicant's token as it is kept beside applications: exactly `APPLICANT_CHARACTERS` ASCII characters."""
    return token[:APPLICANT_CHARACTERS].ljust(APPLICANT_CHARACTERS, "-")


@lru_cache(1_024)
def list_number(name: str) -> int:
    """Stands for a list: 40 bits of a hash. Two of a thousand lists have the same with odds of 5 in ten million."""
    return int.from_bytes(blake2b(name.encode(), digest_size=5, person=b"list").digest())


@lru_cache(1_024)  # most entries of a list say the same as others
def words_number(reason: str | None, source: str | None) -> int:
    """Stands for what is said of entries, from 1 on: nearly 32 bits of a hash. Whoever stores it sees whether it is
    taken by other words."""
    said = repr((reason, source)).encode()
    return 1 + int.from_bytes(blake2b(said, digest_size=4, person=b"words").digest()) % (2**32 - 1)


@lru_cache(8_192)  # an application is asked for several times in a row
def short_hash(name: str) -> str:
    """Eleven characters of base64url, 64 bits: the stored name of an application, an event or an alert."""
    return _base64url(blake2b(name.encode(), digest_size=8).digest())[:11]


def _base64url(data: bytes) -> str:
    """`base64.urlsafe_b64encode` in half of its time."""
    return b2a_base64(data, newline=False).translate(_URL_SAFE).decode()


def ring_name(ring_id: str) -> str:
    """The stored name of a ring; ids that are none give names that no ring has."""
    return ring_id.removeprefix(RING_PREFIX)
