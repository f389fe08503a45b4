"""The short way through a fetcher's partitions against aiokafka's own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.subscription_state import Assignment

from streams.fetch_rounds import shorten_rounds

PLACES = [TopicPartition(topic, number) for topic in ("a", "b") for number in range(4)]
TIMEOUT_S = 0.2


class Records:
    """Fetched, and not taken yet."""

    def __init__(self, backoff_s: float) -> None:
        self._backoff_s = backoff_s

    def calculate_backoff(self) -> float:
        return self._backoff_s


class OwnFetcher(Fetcher):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's, without its tasks. Partitions with even numbers are led by broker 1, odd ones by 2."""

    def __init__(self) -> None:
        leaders = {place: 1 + place.partition % 2 for place in PLACES}
        cluster = SimpleNamespace(
            leader_for_partition=leaders.get,
            brokers=lambda: [SimpleNamespace(nodeId=1), SimpleNamespace(nodeId=2)],
        )
        self._client = SimpleNamespace(cluster=cluster)
        self._records: dict[TopicPartition, Any] = {}
        self._in_flight: set[int] = set()
        self._preferred_read_replica: dict[Any, Any] = {}
        self._client_rack = None
        self._fetcher_timeout = TIMEOUT_S
        self._max_partition_fetch_bytes, self._isolation_level = 1_000, 0
        self._fetch_max_wait_ms, self._fetch_min_bytes, self._fetch_max_bytes = 500, 1, 50_000
        self._closed = True


@pytest.fixture
async def assignment() -> Assignment:
    assignment = Assignment(PLACES)
    for offset, place in enumerate(PLACES):
        assignment.state_value(place)._position = offset
    return assignment


def comparable(actions: Any) -> Any:
    requests, resets, timeout, invalid, resumes = actions
    asked = {
        broker: {(topic, *wanted) for topic, partitions in request.topics for wanted in partitions}
        for broker, request in requests
    }
    limits = {tuple(value for name, value in vars(request).items() if name != "_topics") for _, request in requests}
    return asked, limits, dict(resets), timeout, bool(invalid), len(resumes)


def same_as_aiokafkas(fetcher: OwnFetcher, assignment: Assignment) -> Any:
    theirs = comparable(fetcher._get_actions_per_node(assignment))
    shorten_rounds(fetcher)
    ours = comparable(fetcher._get_actions_per_node(assignment))
    assert ours == theirs
    return ours


async def test_everything_is_fetched_from_where_it_is(assignment: Assignment) -> None:
    asked, *_ = same_as_aiokafkas(OwnFetcher(), assignment)
    assert {broker: len(wanted) for broker, wanted in asked.items()} == {1: 4, 2: 4}


async def test_nothing_is_to_be_done_while_all_brokers_are_asked(assignment: Assignment) -> None:
    fetcher = OwnFetcher()
    fetcher._in_flight = {1, 2}
    assert same_as_aiokafkas(fetcher, assignment) == ({}, set(), {}, TIMEOUT_S, False, 0)


async def test_what_has_not_been_taken_yet_is_waited_for(assignment: Assignment) -> None:
    fetcher = OwnFetcher()
    fetcher._records = {PLACES[0]: Records(0.05), PLACES[2]: Records(0.08), PLACES[1]: Records(0.09)}
    assert same_as_aiokafkas(fetcher, assignment) == ({}, set(), {}, 0.08, False, 0)


async def test_a_broker_that_has_nothing_to_wait_for_is_asked(assignment: Assignment) -> None:
    fetcher = OwnFetcher()
    fetcher._in_flight = {1}
    asked, *_ = same_as_aiokafkas(fetcher, assignment)
    assert set(asked) == {2}


async def test_records_that_nobody_takes_do_not_hold_up_the_others(assignment: Assignment) -> None:
    fetcher = OwnFetcher()
    fetcher._records = {PLACES[0]: Records(0)}
    asked, *_ = same_as_aiokafkas(fetcher, assignment)
    assert {broker: len(wanted) for broker, wanted in asked.items()} == {1: 3, 2: 4}


async def test_a_partition_that_is_paused_or_has_no_position_is_left_out(assignment: Assignment) -> None:
    assignment.state_value(PLACES[0])._position = None
    assignment.state_value(PLACES[1])._paused = True
    asked, _, resets, _, _, resumes = same_as_aiokafkas(OwnFetcher(), assignment)
    assert {broker: len(wanted) for broker, wanted in asked.items()} == {2: 3}
    assert (resets, resumes) == ({1: [PLACES[0]]}, 1)
