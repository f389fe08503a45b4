"""Records handed on to their agents as they came, whoever decodes them. Leans on the internals of Faust 0.15.3, as
`streams.batches` does.

Faust takes each record through two serialisers that change nothing, and asks each time whether its producer has too
much to send, which here nobody sends with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import faust


class RawSchema(faust.Schema[Any, Any]):
    """Keys and values are bytes."""

    def compile(self, app: Any, **_: Any) -> Callable[..., Awaitable[Any]]:
        create_event = app.conf.Event

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return create_event(app, message.key, message.value, message.headers, message)

        return decode


def wait_for_no_producer(app: Any) -> None:
    """Do not let records wait for Faust's producer. Call it before its agents start."""
    app.producer.buffer.wait_until_ebb = _at_once


async def _at_once() -> None:
    """Nothing is in the way."""
