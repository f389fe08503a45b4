"""A write to a connection that was reset is an error of Kafka's, whatever the event loop makes of it."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from scripts.embedded.ports import LOOPBACK
from streams.lost_connections import tell_lost_connections

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER, for no time: what is left is thrown away, and the other side told so."""


async def reset_connection() -> AIOKafkaConnection:
    """One to a server that has reset it, as a broker's are when it is killed. aiokafka has not noticed yet."""
    with socket.create_server((LOOPBACK, 0)) as server:
        connection = AIOKafkaConnection(*server.getsockname())
        connection._reader, connection._writer = await asyncio.open_connection(*server.getsockname())
        connection._versions = {MetadataRequest.API_KEY: (0, 5)}
        connection._read_task = asyncio.create_task(asyncio.sleep(60))  # has yet to notice
        accepted, _ = server.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        accepted.close()
    with pytest.raises(ConnectionResetError):
        await connection._reader.read(1)
    return connection


def test_a_write_to_a_reset_connection_says_that_it_is_lost() -> None:
    tell_lost_connections()
    tell_lost_connections()

    async def write() -> None:
        connection = await reset_connection()
        assert connection.connected(), "aiokafka has noticed: nobody would write"
        with pytest.raises(KafkaConnectionError, match="lost"):
            connection.send(MetadataRequest([]))
        assert not connection.connected()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(write())
