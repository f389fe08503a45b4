"""Round trips to a Valkey or Redis server over redis-py's connections, but past its client and its pipelines: hiredis
packs the commands and reads the replies. redis-py's pipeline packs in Python and tells its metrics at every step, which
takes several times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hiredis import pack_command
from redis._parsers.hiredis import NOT_ENOUGH_DATA
from redis.asyncio.connection import ConnectionPool
from redis.exceptions import RedisError, ResponseError

Command = tuple[Any, ...]
"""Name and arguments: text, bytes or numbers."""


class Connections:
    """Connections to one server, made as they are needed: as many as there are round trips at the same moment."""

    def __init__(self, url: str, **options: Any) -> None:
        """`url` and `options` as redis-py's `ConnectionPool.from_url` takes them. Nothing is connected yet."""
        self._pool: Any = ConnectionPool.from_url(url, **options)
        self._idle: list[Any] = []

    async def round_trip(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to all commands, in order; where the server refused one, the ResponseError.

        Raises RedisError or OSError when the server cannot be reached or hangs up. Then, and when it is cancelled, the
        connection with replies on their way is dropped before anybody else takes it.
        """
        connection = self._idle.pop() if self._idle else self._pool.make_connection()
        try:
            await _ensure_connected(connection)
            await connection.send_packed_command([*map(pack_command, commands)], check_health=False)
            replies = await _replies(connection, len(commands))
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        finally:
            self._idle.append(connection)
        return replies

    async def close(self) -> None:
        """Hang up."""
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.disconnect()


async def _ensure_connected(connection: Any) -> None:
    """Connect, also again when the server has hung up since the last round trip."""
    if connection.is_connected and await _hung_up(connection):
        await connection.disconnect(nowait=True)
    if not connection.is_connected:
        await connection.connect()


async def _hung_up(connection: Any) -> bool:
    """Whether anything has come that nobody asked for: all there can be is the end."""
    try:
        return bool(await connection.can_read())
    except (RedisError, OSError):
        return True


async def _replies(connection: Any, number: int) -> list[Any]:
    """The first as redis-py waits for it; what has come with it is taken out of hiredis's reader at once."""
    replies = [await _reply(connection)]
    come = connection._parser._reader.gets
    while len(replies) < number:
        reply = come()
        if reply is NOT_ENOUGH_DATA:
            reply = await _reply(connection)
        elif isinstance(reply, RedisError) and not isinstance(reply, ResponseError):
            raise reply
        replies.append(reply)
    return replies


async def _reply(connection: Any) -> Any:
    try:
        return await connection.read_response()
    except ResponseError as error:
        return error
