"""The proxy passes bytes on, and cuts, holds or slows them when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from time import monotonic

import pytest

from scripts.chaos.proxy import TcpProxy
from scripts.embedded.ports import LOOPBACK, free_port

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Connection]]


@pytest.fixture
async def proxy() -> AsyncIterator[TcpProxy]:
    """In front of a server that answers with what it is told."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1024):
            writer.write(data)
        writer.close()

    target = free_port()
    server = await asyncio.start_server(echo, LOOPBACK, target)
    made = TcpProxy(free_port(), target)
    await made.start()
    yield made
    await made.stop()
    server.close()


@pytest.fixture
async def connect(proxy: TcpProxy) -> AsyncIterator[Connect]:
    """Connects to the proxy; what it gives is closed with the test."""
    opened: list[Connection] = []

    async def open_one() -> Connection:
        opened.append(await asyncio.open_connection(LOOPBACK, proxy.port))
        return opened[-1]

    yield open_one
    for _, writer in opened:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def ask(connection: Connection, word: bytes) -> bytes:
    reader, writer = connection
    writer.write(word)
    return await asyncio.wait_for(reader.read(1024), 30)


async def test_bytes_go_both_ways(connect: Connect) -> None:
    connection = await connect()
    assert await ask(connection, b"one") == b"one"
    assert await ask(connection, b"two") == b"two"


async def test_a_cut_ends_every_connection_and_every_new_one(proxy: TcpProxy, connect: Connect) -> None:
    before = await connect()
    assert await ask(before, b"one") == b"one"
    proxy.cut()
    for connection in (before, await connect()):
        with pytest.raises(ConnectionError):
            if not await ask(connection, b"two"):
                raise ConnectionResetError
    proxy.restore()
    assert await ask(await connect(), b"three") == b"three"


async def test_silence_holds_bytes_until_it_ends(proxy: TcpProxy, connect: Connect) -> None:
    connection = await connect()
    assert await ask(connection, b"one") == b"one"
    proxy.silence()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask(connection, b"two"), 0.3)
    proxy.restore()
    assert await asyncio.wait_for(connection[0].read(1024), 30) == b"two"


async def test_slow_connections_take_their_delay_and_their_rate(proxy: TcpProxy, connect: Connect) -> None:
    connection = await connect()
    proxy.slow(0.1, 1_000)
    began = monotonic()
    assert await ask(connection, b"x" * 100) == b"x" * 100
    assert monotonic() - began >= 2 * (0.1 + 0.1)
