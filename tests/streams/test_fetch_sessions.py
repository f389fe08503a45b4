"""Fetch sessions by themselves, and with a real broker."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.protocol.fetch import FetchRequest, FetchRequest_v11

from config.settings import Settings
from streams.fetch_sessions import FetchSession, keep_sessions
from streams.topics import create_or_check

MOST = 1_000
SESSION = 7


def asking(session: FetchSession, offsets: dict[str, dict[int, int]]) -> Any:
    """The request that goes out for these offsets by topic and partition."""
    topics = [(topic, [(number, offset, MOST) for number, offset in of.items()]) for topic, of in offsets.items()]
    return session.request(FetchRequest(500, 1, 2, 0, topics)).build(FetchRequest_v11)


def named(request: Any) -> dict[str, dict[int, int]]:
    return {topic: {number: offset for number, _, offset, *_ in of} for topic, of in request.topics}


def response(error_code: int = 0, session_id: int = SESSION) -> Any:
    return SimpleNamespace(error_code=error_code, session_id=session_id)


@pytest.fixture
def session() -> FetchSession:
    """One that the broker has agreed to, over two partitions of `a` and one of `b`."""
    session = FetchSession()
    asking(session, {"a": {0: 10, 1: 20}, "b": {0: 5}})
    session.answered(response())
    return session


def test_the_first_request_names_everything_and_begins_a_session() -> None:
    request = asking(FetchSession(), {"a": {0: 10, 1: 20}, "b": {0: 5}})
    assert named(request) == {"a": {0: 10, 1: 20}, "b": {0: 5}}
    assert (request.session_id, request.session_epoch, request.forgotten_topics_data) == (0, 0, [])


def test_the_next_one_names_what_has_moved(session: FetchSession) -> None:
    request = asking(session, {"a": {0: 10, 1: 23}, "b": {0: 5}})
    assert named(request) == {"a": {1: 23}}
    assert (request.session_id, request.session_epoch, request.forgotten_topics_data) == (SESSION, 1, [])
    session.answered(response())
    assert asking(session, {"a": {0: 10, 1: 23}, "b": {0: 5}}).session_epoch == 2


def test_what_is_not_wanted_is_forgotten_until_it_is_wanted_again(session: FetchSession) -> None:
    request = asking(session, {"a": {1: 20}})
    assert (named(request), request.forgotten_topics_data) == ({}, [("a", [0]), ("b", [0])])
    session.answered(response())
    request = asking(session, {"a": {0: 10, 1: 20}})
    assert (named(request), request.forgotten_topics_data) == ({"a": {0: 10}}, [])


def test_a_session_that_the_broker_does_not_know_begins_anew(session: FetchSession) -> None:
    asking(session, {"a": {1: 21}})
    session.answered(response(error_code=70))
    request = asking(session, {"a": {1: 21}})
    assert named(request) == {"a": {1: 21}}
    assert (request.session_epoch, request.forgotten_topics_data) == (0, [])


def test_a_request_that_was_lost_begins_a_session_anew(session: FetchSession) -> None:
    asking(session, {"a": {0: 11, 1: 20}})
    session.lost()
    request = asking(session, {"a": {0: 11, 1: 20}})
    assert named(request) == {"a": {0: 11, 1: 20}}
    assert (request.session_id, request.session_epoch) == (SESSION, 0)


def test_without_sessions_every_request_names_everything() -> None:
    session = FetchSession()
    for _ in range(2):
        assert named(asking(session, {"a": {0: 10}})) == {"a": {0: 10}}
        session.answered(response(session_id=0))


async def test_a_consumer_in_a_session_gets_every_record_once(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    topics = [settings.topic("applications"), settings.topic("labels")]
    places = [TopicPartition(topic, number) for topic in topics for number in range(settings.partitions)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    async with consumer, producer:
        keep_sessions(consumer._fetcher)
        consumer.assign(places)
        taken: list[bytes] = []

        async def takes(wanted: list[bytes]) -> None:
            for number, value in enumerate(wanted):
                place = places[number % len(places)]
                await producer.send_and_wait(place.topic, value, partition=place.partition)
            while len(taken) < len(wanted):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    taken.extend(record.value for record in records)
            assert sorted(taken) == sorted(wanted)
            taken.clear()

        for turn in range(3):
            await takes([b"%d.%d" % (turn, number) for number in range(2 * len(places))])
        consumer.pause(places[-1])
        await takes([b"one"])
        consumer.resume(places[-1])
        await takes([b"each %d" % number for number in range(len(places))])
        consumer.seek(places[0], 1)
        while len(taken) < 7:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                taken.extend(record.value for record in records)
        assert taken == [
            b"0.%d" % len(places),
            b"1.0",
            b"1.%d" % len(places),
            b"2.0",
            b"2.%d" % len(places),
            b"one",
            b"each 0",
        ]
        taken.clear()
        ends = {place: await consumer.position(place) for place in places}
        consumer.assign(places)
        for place, end in ends.items():
            consumer.seek(place, end)
        while None in [consumer.highwater(place) for place in places]:
            await consumer.getmany(timeout_ms=200)
        await takes([b"%d again" % number for number in range(len(places))])
        sessions = consumer._fetcher._client._sessions.values()
        assert [each._epoch > 1 for each in sessions] == [True]


async def test_where_a_partition_ends_is_told_again_when_its_position_had_just_changed(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    place = TopicPartition(settings.topic("labels"), 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap, group_id=None, enable_auto_commit=False)
    async with consumer:
        fetcher = consumer._fetcher
        send, fetches = fetcher._client.send, 0

        async def moved_meanwhile(node_id: int, request: Any, **options: Any) -> Any:
            nonlocal fetches
            answer = await send(node_id, request, **options)
            if isinstance(request, FetchRequest) and not fetches:
                fetches += 1
                consumer.seek(place, 1)
                asyncio.get_running_loop().call_soon(consumer.seek, place, 0)
            return answer

        fetcher._client.send = moved_meanwhile
        keep_sessions(fetcher)
        consumer.assign([place])
        consumer.seek(place, 0)
        async with asyncio.timeout(20):
            while consumer.highwater(place) is None:
                await consumer.getmany(timeout_ms=200)
        assert fetches == 1
