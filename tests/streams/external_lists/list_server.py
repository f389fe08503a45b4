"""A list service on this machine that can be told to misbehave: real HTTP over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

Mood = Literal[
    "well",
    "slow",
    "hanging",
    "failing",
    "refusing",
    "garbage",
    "mistaken",
    "half_closed",
    "rude",
    "endless",
    "elsewhere",
]


@dataclass
class ListServer:
    """What it was asked, and what it has on its list."""

    mood: Mood = "well"
    moods: list[Mood] = field(default_factory=list)
    """Of the next requests, before `mood`."""
    entries: list[dict[str, Any]] = field(default_factory=list)
    questions: list[list[dict[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/look-up"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
        }
        body = await reader.readexactly(int(headers["content-length"]))
        self.headers.append(headers)
        self.bodies.append(body)
        asked = json.loads(body)["identifiers"]
        self.questions.append(asked)
        mood = self.moods.pop(0) if self.moods else self.mood
        wanted = {(each["kind"], each["token"]) for each in asked}
        hits = [each for each in self.entries if mood == "mistaken" or (each["kind"], each["token"]) in wanted]
        answer = json.dumps({"hits": hits})
        if mood == "slow":
            await asyncio.sleep(4)
        if mood == "hanging":
            await asyncio.sleep(30)
        if mood == "rude":
            return False
        if mood == "half_closed":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + answer.encode())
            await writer.drain()
            writer.write_eof()
            return False
        status = {"failing": "503 Busy", "refusing": "403 No", "elsewhere": "307 There\r\nLocation: /other"}.get(
            mood, "200 OK"
        )
        if mood == "garbage":
            answer = '{"hits": "none"}'
        if mood == "endless":
            answer = " " * (2 << 20)
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\n\r\n{answer}".encode())
        await writer.drain()
        return True


@asynccontextmanager
async def list_server() -> AsyncIterator[ListServer]:
    """One that listens on a free port."""
    state = ListServer()
    server = await asyncio.start_server(state.serve, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
