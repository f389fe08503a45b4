"""The same joins, applications, decisions, labels and list entries give the same rings in any order of arrival, in both
indexes, down to what Valkey stores."""

import uuid

import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.facts import ApplicationFacts, ListEntryFacts
from models.rings.state import ring_id_of
from scripts.embedded import EmbeddedValkey
from streams.index.layout import PREFIX_CHARACTERS, key_prefix
from streams.index.memory import MemoryIndex
from streams.index.protocol import LabelFlagChange, ResultToRemember
from streams.index.valkey import ValkeyIndex
from tests.builders import NOON_MS, application, list_entry
from tests.streams.index.conftest import PATIENT_MS
from tests.streams.index.test_link_index_rings import found, result

Step = ApplicationFacts | LabelFlagChange | ListEntryFacts | ResultToRemember

NUMBERS = list(range(8))
APPLICATIONS = [
    application(f"A-{number}", at_ms=NOON_MS + number % 3, merchant_id=f"m{number % 2}", amount_cny=1.0 + number % 4)
    for number in NUMBERS
]
AGAIN = [application(f"A-{number}", event_id=f"again {number}", at_ms=NOON_MS + 5, amount_cny=9.0) for number in (1, 4)]
LABELS = [LabelFlagChange(application_id=f"A-{each}", flag="fraud", occurred_ms=NOON_MS) for each in (0, 3, 6)]
LISTED = [list_entry("phone", f"phone of A-{number}") for number in (2, 5)]


@st.composite
def joins(draw: st.DrawFn) -> list[ResultToRemember]:
    """Decisions, each with what it found to be one ring; mostly founded by an application that is in it."""
    found_rings = draw(st.lists(st.tuples(st.permutations(NUMBERS), st.integers(2, 3), st.integers(0, 7)), max_size=7))
    flags = ["approve", "review", "reject"]
    return [
        result(
            members[0],
            found(*members[:size], founder=founder if founder % 4 == 0 else None, device=f"d{number}"),
            flags[number % 3],
            event=f"join {number}",
        )
        for number, (members, size, founder) in enumerate(found_rings)
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), decided=joins())
async def test_any_order_of_the_same_history_gives_the_same_rings(
    valkey: EmbeddedValkey, data: st.DataObject, decided: list[ResultToRemember]
) -> None:
    history: list[Step] = [*APPLICATIONS, *AGAIN, *LABELS, *LISTED, *decided]
    repeats = data.draw(st.lists(st.sampled_from(history), max_size=5))
    orders = [history, data.draw(st.permutations([*history, *repeats]))]
    memory, stored = [], []
    for order in orders:
        deployment = f"t{uuid.uuid4().hex}."
        remembering, serving = MemoryIndex(), ValkeyIndex(valkey.url, deployment, PATIENT_MS)
        for index in (remembering, serving):
            for step in order:
                if isinstance(step, ApplicationFacts):
                    await index.observe([step])
                elif isinstance(step, ResultToRemember):
                    await index.remember([step])
                elif isinstance(step, LabelFlagChange):
                    await index.set_labels([step])
                else:
                    await index.put_list_entries([step])
        ids = [ring_id_of(f"A-{number}") for number in NUMBERS]
        rings = [await remembering.ring(ring_id, NOON_MS) for ring_id in ids]
        assert [await serving.ring(ring_id, NOON_MS) for ring_id in ids] == rings
        members = [await remembering.ring_members(ring_id) for ring_id in ids]
        assert [await serving.ring_members(ring_id) for ring_id in ids] == members
        memory.append((rings, members))
        stored.append(contents(valkey, key_prefix(deployment)))
        await serving.close()
    assert memory[0] == memory[1]
    assert stored[0] == stored[1]


def contents(valkey: EmbeddedValkey, prefix: str) -> dict[bytes, bytes]:
    """The rings as stored, by key without the deployment's prefix."""
    with redis.Redis.from_url(valkey.url) as client:
        keys = sorted(client.scan_iter(match=f"{prefix}G*", count=1_000))
        return dict(zip((key[PREFIX_CHARACTERS:] for key in keys), client.mget(keys) if keys else [], strict=True))
