"""A TCP proxy on loopback whose connections can be cut, silenced and slowed while they are in use."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from scripts.embedded.ports import LOOPBACK

CHUNK_BYTES = 64 * 1024


class TcpProxy:
    """Hands connections to 127.0.0.1:`port` on to 127.0.0.1:`target_port`."""

    def __init__(self, port: int, target_port: int) -> None:
        self.port = port
        self.target_port = target_port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._refusing = False
        self._passing = asyncio.Event()
        self._delay_s = 0.0
        self._bytes_per_s = float("inf")

    async def start(self) -> None:
        """Listen, and pass everything on. Raises OSError when the port is taken."""
        self.restore()
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self.port)

    async def stop(self) -> None:
        """End every connection and listen no more."""
        if self._server is not None:
            self._server.close()
            self.cut()
            await asyncio.gather(*self._connections, return_exceptions=True)

    def cut(self) -> None:
        """End every connection, and every new one at once."""
        self._refusing = True
        for connection in self._connections:
            connection.cancel()

    def silence(self) -> None:
        """Let connections stand, but no byte through: what a broken network path looks like from both ends."""
        self._passing.clear()

    def slow(self, delay_s: float, bytes_per_s: float) -> None:
        """Hold each chunk back for `delay_s`, and let at most `bytes_per_s` through each way of a connection."""
        self._delay_s, self._bytes_per_s = delay_s, bytes_per_s

    def restore(self) -> None:
        """Pass everything on at once."""
        self._refusing = False
        self._passing.set()
        self.slow(0.0, float("inf"))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.ensure_future(self._connect(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        with suppress(asyncio.CancelledError):
            await connection

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The life of a connection: until either end closes it, or we do."""
        ends = [writer]
        try:
            if self._refusing:
                return
            target_reader, target_writer = await asyncio.open_connection(LOOPBACK, self.target_port)
            ends.append(target_writer)
            pumps = [
                asyncio.ensure_future(self._pump(reader, target_writer)),
                asyncio.ensure_future(self._pump(target_reader, writer)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except OSError:
            return
        finally:
            for end in ends:
                end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            await self._passing.wait()
            pause_s = self._delay_s + len(data) / self._bytes_per_s
            if pause_s:
                await asyncio.sleep(pause_s)
            writer.write(data)
            await writer.drain()
