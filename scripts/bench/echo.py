"""The yardstick: a Faust app with the worker's own settings and one agent that decodes an application, encodes it,
sends it and awaits the acknowledgement, one at a time. Run as a process: `python -m scripts.bench.echo`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import faust
import uvloop

from config.settings import Settings
from streams.app import faust_options
from streams.codec import decode, encode
from streams.logs import configure_logs


def build_echo_app(settings: Settings) -> faust.App:
    """`applications` in, the same records to `decisions`."""
    app = faust.App(f"{settings.topic_prefix}echo", **faust_options(settings))
    source = app.topic(settings.topic("applications"), key_type=bytes, value_type=bytes)
    target = app.topic(settings.topic("decisions"), key_type=bytes, value_type=bytes)

    async def echo(stream: Any) -> None:
        async for event in stream.events():
            decoded = decode("applications", event.message.value, datetime.now(UTC))
            acknowledged = await target.send(key=event.message.key, value=encode(decoded.record))
            await acknowledged

    app.agent(source, name="tidegate.echo", concurrency=1)(echo)
    return app


def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    configure_logs("WARNING")
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = build_echo_app(settings).Worker(loop=loop, override_logging=False, redirect_stdouts=False, quiet=True)
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
