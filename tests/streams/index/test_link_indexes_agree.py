"""Both link indexes give the same answers to the same history, and history's order of arrival leaves no trace."""

import random
import uuid
from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from msgspec.structs import asdict, replace

from models.enrichment import WINDOWS_MS, Observation
from models.events import Channel, DeviceEventKind, ListedKind, Severity
from models.facts import ApplicationFacts, DeviceEventFacts, Identifier, IdentifierKind, ListEntryFacts
from models.near.form import NearBasis, NearForm
from models.rings.state import RingJoin, ring_id_of
from scripts.embedded import EmbeddedValkey
from streams.index.layout import short_hash
from streams.index.memory import MemoryIndex
from streams.index.protocol import LabelFlagChange, LinkIndex, LoanChange, PastDecision, ResultToRemember, StoredResult
from streams.index.refill import RefillIndex
from streams.index.valkey import ValkeyIndex
from tests.builders import CELL, DAY_MS, HOUR_MS, NOON_MS, application, device_event, list_entry, token
from tests.streams.index.conftest import PATIENT_MS

Step = ApplicationFacts | DeviceEventFacts | ListEntryFacts | LabelFlagChange | LoanChange | ResultToRemember

EVER_MS = 1_000 * DAY_MS
EDGES_MS = sorted({0, *(edge + step for edge in WINDOWS_MS for step in (-1, 0, 1))})
MOMENTS = st.one_of(
    st.just(0), st.sampled_from(EDGES_MS), st.integers(0, 2 * HOUR_MS), st.integers(0, 200 * DAY_MS)
).map(NOON_MS.__sub__)
NAMES = st.sampled_from(["x", "y", "z"])
NUMBERS = st.sampled_from(["n1", "n2", "n3", "n4"])
APPLICATION_IDS = st.sampled_from([f"A-{i}" for i in range(6)])
EVENT_IDS = st.sampled_from(["e-1", "e-2"])
PLACES = st.sampled_from([None, CELL, "8931aa50c13ffff"])

STRONG_KINDS: tuple[IdentifierKind, ...] = ("bank_card", "email", "address", "device_id", "face_id")


def maybe(values: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | values


FORMS = st.lists(
    st.builds(
        NearForm,
        st.sampled_from(get_args(NearBasis)),
        st.sampled_from(["anchor-1", "anchor-2"]),
        st.lists(st.sampled_from(["aaa", "bbb", "ccc", "ddd"]), min_size=2, max_size=6),
    ),
    max_size=3,
)
APPLICATIONS = st.builds(
    lambda application_id, event, shared, **fields: application(
        application_id,
        event_id=f"{application_id}/{event}",
        shared={kind: value for kind, value in shared.items() if value is not None},
        **fields,
    ),
    APPLICATION_IDS,
    EVENT_IDS,
    st.fixed_dictionaries(
        {
            kind: maybe(NAMES)
            for kind in ("email", "address", "employer", "ip_block", "face_id", "gps_area", "device_like")
        }
    ),
    at_ms=MOMENTS,
    channel=st.sampled_from(get_args(Channel)),
    id_number=NUMBERS,
    phone=NUMBERS,
    contacts=st.lists(NUMBERS, max_size=3),
    gps_cell=PLACES,
    merchant_id=maybe(NAMES),
    store_id=maybe(NAMES),
    sales_rep_id=maybe(NAMES),
    device_id=maybe(NAMES),
    ip=maybe(NAMES),
    bank_card=maybe(NAMES),
    vpn=maybe(st.booleans()),
    amount_cny=st.sampled_from([0.01, 1.0, 1.004, 1.005, 6999.5, 7e3, 1e6, None]),
    near=FORMS,
)
DEVICE_EVENTS = st.builds(
    device_event,
    st.sampled_from([f"de-{i}" for i in range(9)]),
    device_id=NAMES,
    at_ms=MOMENTS,
    kind=st.sampled_from(get_args(DeviceEventKind)),
    phone=maybe(NUMBERS),
    gps_cell=PLACES,
    gps_accuracy_m=maybe(st.sampled_from([0.0, 20.0, 33.3, 1e7])),
    emulator=maybe(st.booleans()),
    vpn=maybe(st.booleans()),
    fill_ms=maybe(st.integers(0, 2**53)),
    model_token=maybe(NAMES),
    liveness_passed=maybe(st.booleans()),
)
LIST_ENTRIES = st.builds(
    list_entry,
    st.sampled_from(["phone", "id_number"]),
    NUMBERS,
    at_ms=st.integers(NOON_MS, NOON_MS + 3),
    action=st.sampled_from(["add", "remove"]),
    list_name=st.sampled_from(["own", "external:police"]),
    expires_ms=maybe(MOMENTS),
    reason=maybe(st.just("mule")),
    evidence=maybe(st.just("case 7")),
    severity=st.sampled_from(get_args(Severity)),
    near=FORMS.map(lambda forms: tuple(forms[:2])),
)
LABELS = st.builds(
    LabelFlagChange,
    application_id=APPLICATION_IDS,
    flag=st.sampled_from(["", "fraud", "honest"]),
    occurred_ms=st.integers(NOON_MS, NOON_MS + 2),
    usual=maybe(st.booleans()),
)
LOANS = st.builds(
    LoanChange,
    application_id=APPLICATION_IDS,
    loan=st.sampled_from(["disbursed", "repaid"]),
    occurred_ms=st.integers(NOON_MS, NOON_MS + 2),
)
JOINS = st.builds(
    lambda members, founded_ms, shared: RingJoin(
        ring_id=ring_id_of(members[0]),
        founded_ms=founded_ms,
        members=members,
        shared=[Identifier(kind, token(kind, value)) for kind, value in shared],
    ),
    st.lists(APPLICATION_IDS, min_size=2, max_size=4, unique=True),
    st.integers(NOON_MS, NOON_MS + 3),
    st.lists(st.tuples(st.sampled_from(STRONG_KINDS), NAMES), max_size=3),
)
RESULTS = st.builds(
    lambda application_id, event, flag, at_ms, usual, ring: ResultToRemember(
        event_id=f"{application_id}/{event}",
        application_id=application_id,
        occurred_ms=at_ms,
        decision_flag=flag,
        result=StoredResult(f"{flag} at {at_ms}".encode(), [b"ring", b"burst"], b"audit"),
        alert_ids=["ring", f"burst {application_id}"],
        usual=usual,
        ring=ring,
    ),
    APPLICATION_IDS,
    EVENT_IDS,
    st.sampled_from(["approve", "review", "reject"]),
    st.integers(NOON_MS, NOON_MS + 2),
    maybe(st.booleans()),
    maybe(JOINS),
)
HISTORIES = st.lists(
    st.one_of(APPLICATIONS, APPLICATIONS, APPLICATIONS, DEVICE_EVENTS, LIST_ENTRIES, LABELS, LOANS, RESULTS),
    min_size=10,
    max_size=40,
)


async def take(index: LinkIndex, step: Step) -> object:
    """Let the index see one step of a history. Returns its answer."""
    match step:
        case ApplicationFacts():
            return [*await index.observe([step])]
        case DeviceEventFacts():
            await index.observe_devices([step])
        case ListEntryFacts():
            await index.put_list_entries([step])
        case LabelFlagChange():
            await index.set_labels([step])
        case LoanChange():
            await index.set_loans([step])
        case ResultToRemember():
            return await index.remember([step])
    return None


def fresh(valkey: EmbeddedValkey) -> ValkeyIndex:
    return ValkeyIndex(valkey.url, f"t{uuid.uuid4().hex}.", PATIENT_MS)


def without_order(observation: Observation) -> dict[str, Any]:
    """An observation with everything in it that comes in order of discovery sorted, and positions made ids."""
    ids = [*(neighbour.application_id for neighbour in observation.neighbours), "self"]
    return asdict(observation) | {
        "hits": sorted(observation.hits, key=repr),
        "neighbours": sorted(observation.neighbours, key=repr),
        "links": sorted(
            (link.kind, link.token, link.degree, sorted(link.channels.items()), sorted(ids[i] for i in link.members))
            for link in observation.links
        ),
    }


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=HISTORIES)
async def test_both_indexes_answer_alike(valkey: EmbeddedValkey, history: list[Step]) -> None:
    memory, served = MemoryIndex(late_ms=EVER_MS), fresh(valkey)
    try:
        for step in history:
            assert await take(served, step) == await take(memory, step)
        for kind, value in product(get_args(ListedKind), ("n1", "x")):
            listed = token(kind, value)
            assert await served.listed(kind, listed) == await memory.listed(kind, listed)
        names = [short_hash(f"A-{i}") for i in range(7)]
        assert await served.look(names) == await memory.look(names)
    finally:
        await served.close()


@pytest.mark.parametrize("seed", range(3))
async def test_both_indexes_answer_alike_in_a_crowd(valkey: EmbeddedValkey, seed: int) -> None:
    chance = random.Random(seed)
    crowd = [
        application(
            f"A-{i if i % 8 else chance.randrange(i + 1)}",
            event_id=f"e-{i}",
            at_ms=NOON_MS + chance.randrange(30 * DAY_MS),
            channel=chance.choice(get_args(Channel)),
            contacts=chance.choices(["n1", "n2"], k=chance.randrange(3)),
            phone=chance.choice(["n1", None, None]),
            merchant_id="m",
            ip=chance.choice(["1", f"{i % 20}"]),
            shared=dict.fromkeys(STRONG_KINDS if i >= 415 else [chance.choice(STRONG_KINDS)], "x"),
        )
        for i in range(420)
    ]
    memory, served = MemoryIndex(late_ms=EVER_MS), fresh(valkey)
    answers = [*await served.observe([*crowd, *crowd[-9:]])]
    assert answers == [*await memory.observe([*crowd, *crowd[-9:]])]
    await served.close()
    assert {"nodes", "identifier:merchant_id"} <= set(answers[-1].truncated)


@pytest.mark.parametrize("seed", range(2))
async def test_both_indexes_answer_alike_in_a_busy_shop(valkey: EmbeddedValkey, seed: int) -> None:
    chance = random.Random(seed)
    memory, served = MemoryIndex(late_ms=EVER_MS), fresh(valkey)
    at_ms = NOON_MS
    for i in range(400):
        at_ms += chance.choice([0, 1, 500, HOUR_MS, 5 * HOUR_MS])
        facts = application(
            f"A-{i if chance.random() < 0.95 else chance.randrange(i + 1)}",
            event_id=f"e-{i}",
            at_ms=at_ms - (DAY_MS if chance.random() < 0.05 else 0),
            merchant_id="m",
            sales_rep_id=chance.choice(["r1", "r2"]),
            amount_cny=chance.choice([0.004, 0.02, 99.0, 100.0, 1_234.56, 6_999.5, 50_000.0, None]),
        )
        assert [*await served.observe([facts])] == [*await memory.observe([facts])]
        label = LabelFlagChange(
            application_id=f"A-{chance.randrange(i + 1)}",
            flag=chance.choice(["fraud", "honest", "honest"]),
            occurred_ms=NOON_MS + i,
            usual=chance.choice([True, False, None]),
        )
        for index in (memory, served):
            await take(index, label)
    await served.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(st.one_of(APPLICATIONS, APPLICATIONS, LABELS, RESULTS), min_size=5, max_size=40))
async def test_a_history_told_again_leaves_the_same_profiles_and_rings(
    valkey: EmbeddedValkey, history: list[Step]
) -> None:
    """As a rebuild tells it: applications, decisions with what they said of the amount, then labels without that."""
    history = [replace(step, usual=None) if isinstance(step, LabelFlagChange) else step for step in history]
    live, told = fresh(valkey), RefillIndex(valkey.url, f"t{uuid.uuid4().hex}.", PATIENT_MS)
    for step in history:
        await take(live, step)
    applications = [step for step in history if isinstance(step, ApplicationFacts)]
    await told.place([(each, []) for each in applications])
    decided = {step.event_id: step for step in reversed(history) if isinstance(step, ResultToRemember)}
    await told.set_decisions(
        [
            PastDecision(
                event_id=each.event_id,
                application_id=each.application_id,
                occurred_ms=each.occurred_ms,
                decision_flag=each.decision_flag,
                usual=each.usual,
                ring=each.ring,
            )
            for each in decided.values()
        ]
    )
    await told.set_labels([step for step in history if isinstance(step, LabelFlagChange)])
    left = []
    for index in (live, told):
        left.append([(each.profiles, each.rings) for each in await index.observe(applications)])
        await index.close()
    assert left[0] == left[1]


@pytest.mark.parametrize("kind", ["memory", "valkey"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), history=st.lists(st.one_of(APPLICATIONS, DEVICE_EVENTS, LIST_ENTRIES, LABELS), max_size=30))
async def test_the_order_of_arrival_and_repeats_leave_no_trace(
    valkey: EmbeddedValkey, kind: str, data: st.DataObject, history: list[Step]
) -> None:
    history = list({repr(step)[:20] + getattr(step, "event_id", repr(step)): step for step in history}.values())
    repeats = data.draw(st.lists(st.sampled_from(history)) if history else st.just([]))
    shuffled = data.draw(st.permutations([*history, *repeats]))
    probe = application(
        "A-probe", phone="n1", contacts=["n2", "n3"], device_id="x", ip="y", bank_card="z", shared={"email": "x"}
    )
    seen = []
    for arrivals in (history, shuffled):
        index: LinkIndex = MemoryIndex(late_ms=EVER_MS) if kind == "memory" else fresh(valkey)
        for step in arrivals:
            await take(index, step)
        seen.append(without_order(next(iter(await index.observe([probe])))))
        await index.close()
    assert seen[0] == seen[1]
