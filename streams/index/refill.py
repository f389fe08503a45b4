"""Filling an index in Valkey from what was published: the same writes as a worker's, without the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.enrichment import ListHit
from models.facts import ApplicationFacts
from streams.index import wire
from streams.index.layout import CLAIM_KEEP_MS, KEEP_MS, short_hash
from streams.index.results import shrink
from streams.index.valkey import ValkeyIndex

PATIENCE_MS = 30_000
"""Nobody waits for it; a server that is away longer ends the refilling."""
PER_ROUND_TRIP = 50
"""Few enough that the applications of a running worker need not wait past their deadline behind them."""
REFILLED = "refilled---"
"""Stands for the event that claimed an alert: not known any more, and nobody's now."""


class RefillIndex(ValkeyIndex):
    """An index that takes a history. All of it is idempotent, in any order, beside workers that go on."""

    _least_deadline_ms = PATIENCE_MS

    async def place(self, applications: Sequence[tuple[ApplicationFacts, Sequence[ListHit]]]) -> None:
        """Write applications, with all that `observe` writes, each with the list hits that it was told of then: those
        are counted, since entries may have come and gone."""
        requests = [wire.place_request(self._prefix, application, hits) for application, hits in applications]
        await self._call("place", requests, per_round_trip=PER_ROUND_TRIP)

    async def keep_decisions(self, decisions: Sequence[tuple[str, bytes]]) -> None:
        """Keep what was published, by event id, for events that come again. One that is there already stands."""
        await self._set_all(
            [(f"R{short_hash(event)}", shrink(event, decision)) for event, decision in decisions], KEEP_MS
        )

    async def claim_alerts(self, alert_ids: Sequence[str]) -> None:
        """Note that these alerts have been raised."""
        await self._set_all([(f"C{short_hash(alert_id)}", REFILLED) for alert_id in alert_ids], CLAIM_KEEP_MS)

    async def _set_all(self, entries: Sequence[tuple[str, bytes | str]], keep_ms: int) -> None:
        commands: list[tuple[Any, ...]] = [
            ("SET", self._prefix + key, value, "NX", "PX", keep_ms) for key, value in entries
        ]
        for start in range(0, len(commands), PER_ROUND_TRIP):
            await self._round_trip(commands[start : start + PER_ROUND_TRIP], PATIENCE_MS)
