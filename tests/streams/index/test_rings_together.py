"""Living rings in Valkey when members are joined at once by several clients, and by clients that start anew."""

import asyncio
import random

import pytest

from models.rings.state import ring_id_of
from scripts.embedded import EmbeddedValkey
from streams.index.valkey import ValkeyIndex
from tests.builders import DAY_MS, NOON_MS
from tests.streams.index.conftest import PATIENT_MS
from tests.streams.index.test_link_index_rings import found, member, result

MEMBERS = 60


@pytest.mark.parametrize("seed", range(3))
async def test_members_joined_at_once_by_several_clients_are_in_one_ring(
    valkey: EmbeddedValkey, topic_prefix: str, seed: int
) -> None:
    """Two rings, by odd and even numbers, whose joins arrive in any order; and one that makes them one."""
    clients = [ValkeyIndex(valkey.url, topic_prefix, PATIENT_MS) for _ in range(2)]
    await clients[0].observe([member(number) for number in range(MEMBERS)])
    joins = [result(number, found(number, number - 2), event=f"join {number}") for number in range(2, MEMBERS)]
    joins.append(result(0, found(1, 0), event="the two are one"))
    random.Random(seed).shuffle(joins)
    halves = joins[::2], joins[1::2]
    await asyncio.gather(
        *(index.remember([join]) for index, half in zip(clients, halves, strict=True) for join in half)
    )
    for index in clients:
        await index.close()

    anew = ValkeyIndex(valkey.url, topic_prefix, PATIENT_MS)
    states = [await anew.ring(ring_id_of(f"A-{number}"), NOON_MS + DAY_MS) for number in range(MEMBERS - 2)]
    (state,) = {repr(each): each for each in states}.values()
    assert state is not None
    assert (state.ring_id, state.size) == (ring_id_of("A-0"), MEMBERS)
    assert state.members == [f"A-{number}" for number in reversed(range(MEMBERS))]
    assert [each.application_id for each in await anew.ring_members(state.ring_id)] == state.members
    await anew.close()
