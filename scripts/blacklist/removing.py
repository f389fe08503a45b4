"""Takes single entries off a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import msgspec

from config.errors import OperatorError
from config.settings import Settings
from models.events import BlacklistEntry, ListedKind
from streams.kafka import running
from streams.publisher import Outgoing, Publisher
from streams.topics import require_topics


class UnknownListError(OperatorError):
    """What is no list's name."""


async def remove_entries(
    settings: Settings, list_name: str, kind: ListedKind, tokens: Sequence[str], now: datetime
) -> None:
    """Publish a removal for each token. Raises UnknownListError and BrokerUnreachableError."""
    removals = [
        {
            "event_id": f"removal-{uuid4().hex}",
            "occurred_at": now,
            "action": "remove",
            "list": list_name,
            "kind": kind,
            "token": token,
        }
        for token in tokens
    ]
    try:
        msgspec.convert(removals, list[BlacklistEntry])
    except msgspec.ValidationError:
        raise UnknownListError(f"{list_name!r} is no list: it is `own` or external:NAME") from None
    await require_topics(settings)
    publisher = Publisher(settings)
    topic = settings.topic("blacklist-entries")
    async with running(publisher, settings):
        await publisher.publish(
            [
                Outgoing(topic, f"{kind}:{token}".encode(), msgspec.json.encode(removal))
                for token, removal in zip(tokens, removals, strict=True)
            ]
        )
