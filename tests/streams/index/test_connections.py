"""Round trips over connections that come and go."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import redis
from redis.exceptions import ResponseError

from scripts.embedded import EmbeddedValkey
from streams.index.connections import Connections

OPTIONS = {"protocol": 2, "socket_timeout": None}


@pytest.fixture
def admin(valkey: EmbeddedValkey) -> Iterator[redis.Redis]:
    """A second connection to the shared server."""
    with redis.Redis.from_url(valkey.url) as client:
        yield client


@asynccontextmanager
async def connections_to(valkey: EmbeddedValkey) -> AsyncIterator[Connections]:
    connections = Connections(valkey.url, **OPTIONS)
    yield connections
    await connections.close()


async def test_replies_come_in_the_order_of_the_commands(valkey: EmbeddedValkey) -> None:
    async with connections_to(valkey) as connections:
        commands = [("ECHO", b"\0binary\r\n"), ("ECHO", "text: 字"), ("ECHO", 7)]
        assert await connections.round_trip(commands) == [b"\0binary\r\n", "text: 字".encode(), b"7"]


async def test_replies_that_come_in_pieces_are_whole(valkey: EmbeddedValkey) -> None:
    async with connections_to(valkey) as connections:
        large = [bytes([letter]) * 200_000 for letter in b"abc"]
        assert await connections.round_trip([("ECHO", each) for each in large]) == large


async def test_a_refused_command_stands_among_the_replies_as_its_error(valkey: EmbeddedValkey) -> None:
    async with connections_to(valkey) as connections:
        before, refused, after = await connections.round_trip([("ECHO", 1), ("ECHO",), ("ECHO", 2)])
        assert (before, after) == (b"1", b"2")
        assert isinstance(refused, ResponseError)


async def test_a_connection_that_the_server_has_closed_is_made_again(
    valkey: EmbeddedValkey, admin: redis.Redis
) -> None:
    async with connections_to(valkey) as connections:
        (mine,) = await connections.round_trip([("CLIENT", "ID")])
        admin.client_kill_filter(_id=mine)
        await asyncio.sleep(0.05)  # the end arrives
        (other,) = await connections.round_trip([("CLIENT", "ID")])
        assert other != mine


async def test_a_cancelled_round_trip_leaves_no_reply_to_the_next_one(valkey: EmbeddedValkey) -> None:
    async with connections_to(valkey) as connections:
        late = asyncio.create_task(connections.round_trip([("BLPOP", "nothing", 1), ("ECHO", "late")]))
        await asyncio.sleep(0.05)  # it is sent
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)
        assert await connections.round_trip([("ECHO", "next")]) == [b"next"]


async def test_round_trips_at_the_same_moment_do_not_wait_for_each_other(valkey: EmbeddedValkey) -> None:
    async with connections_to(valkey) as connections:
        waiting = asyncio.create_task(connections.round_trip([("BLPOP", "queue", 10)]))
        await asyncio.sleep(0.05)
        await connections.round_trip([("LPUSH", "queue", "there")])
        assert await waiting == [[b"queue", b"there"]]
