"""Keeps a worker's models at what `model-versions` announces: loads and tries them in a thread, then swaps them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from time import monotonic
from typing import Any

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from msgspec import Struct
from msgspec.structs import astuple

from models.alerts import Alert
from models.features.categories import CATEGORY_NAMES
from models.features.registry import FEATURE_NAMES
from models.model_alerts import refused_alert, unreadable_alert
from models.pipeline import FRAUD_MODEL, Models, scorecard_model
from models.published import ModelVersionRecord
from models.rings.suspicion import SuspicionWeights
from models.scoring.scorer import Scorer, ServedModel
from streams.codec import encode
from streams.dependencies import Dependencies
from streams.kafka import BrokerUnreachableError, client_options, running
from streams.model_files import StoreUnavailableError
from streams.model_versions import SCORECARD, TOPIC, decode
from streams.publisher import Outgoing
from streams.snapshots import ModelStore, SnapshotRefusedError

logger = structlog.get_logger(__name__)

POLL_MS = 500
RETRY_PAUSE_S = 2.0
"""Between attempts at a store, or a Kafka, that is away."""
ADDS_UP_WITHIN = 1e-6
"""Log-odds; rounding aside, base and contributions are the score."""


class _Loaded(Struct):
    """What an announcement comes to."""

    champion: ServedModel
    challenger: ServedModel | None
    number: int
    """Of the announcement."""
    refused: list[tuple[str, str]]
    """(version, why) of a challenger that must not be used."""


class ModelFollower:
    """One worker's. `raises_alerts` says whether this worker is the one of its group that raises alerts about all."""

    def __init__(self, deps: Dependencies, store: ModelStore, raises_alerts: Callable[[], bool]) -> None:
        self._deps = deps
        self._store = store
        self._raises_alerts = raises_alerts
        self._waiting: list[ModelVersionRecord | None] = []
        """The newest announcement, until it is served or refused."""
        self._unreadable: str | None = None
        """Why what came after it cannot be read."""
        self._retry_at = 0.0
        self._alerts: list[Alert] = []
        self._caught_up = asyncio.Event()

    async def caught_up(self, within_s: float) -> None:
        """Return when what was announced before is served, or cannot be for now; after `within_s` in any case."""
        try:
            async with asyncio.timeout(within_s):
                await self._caught_up.wait()
        except TimeoutError:
            logger.warning("models_not_loaded", after_s=within_s)

    async def follow(self) -> None:
        """Follow the announcements for as long as the worker runs. Whatever fails, what served before goes on."""
        while True:
            try:
                await self._read()
            except (BrokerUnreachableError, KafkaError) as error:
                logger.warning("model_versions_unread", error=type(error).__name__)
            await asyncio.sleep(RETRY_PAUSE_S)

    async def _read(self) -> None:
        settings = self._deps.settings
        consumer = AIOKafkaConsumer(
            settings.topic(TOPIC),
            **client_options(settings),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        async with running(consumer, settings):
            unread = await consumer.end_offsets(consumer.assignment())
            while True:
                unread = {part: end for part, end in unread.items() if await consumer.position(part) < end}
                if not unread:  # of all that was announced before only the last counts
                    await self._serve()
                    self._note_unreadable()
                    self._caught_up.set()
                    await self._raise_alerts()
                for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for record in records:
                        if record.key == FRAUD_MODEL.encode():
                            self._heed(record.value)

    def _heed(self, announced: bytes | None) -> None:
        """Let it take the place of what was announced before; what cannot be read takes nothing's place."""
        try:
            self._waiting = [decode(announced)]
        except msgspec.DecodeError as error:
            self._unreadable = str(error)
        else:
            self._unreadable, self._retry_at = None, 0.0

    async def _serve(self) -> None:
        """Serve what waits, if anything does and it is time to try."""
        if not self._waiting or monotonic() < self._retry_at:
            return
        metrics, serving = self._deps.metrics, self._deps.serving
        try:
            loaded = await asyncio.to_thread(self._load, self._waiting[0], serving.models)
        except StoreUnavailableError as error:
            logger.warning("model_store_unavailable", error=str(error))
            metrics.model_store_up.set(0)
            self._retry_at = monotonic() + RETRY_PAUSE_S
            return
        except SnapshotRefusedError as error:
            self._refuse(error.version, error.why)
        else:
            await self._swap(loaded)
        metrics.model_store_up.set(1)
        self._waiting.clear()

    def _note_unreadable(self) -> None:
        if self._unreadable is not None:
            why, self._unreadable = self._unreadable, None
            logger.error("announcement_unreadable", why=why)
            self._deps.metrics.models_refused.inc()
            self._alerts.append(unreadable_alert(why, self._deps.serving.models.champion.version, self._deps.clock()))

    async def _swap(self, loaded: _Loaded) -> None:
        serving = self._deps.serving
        old = [serving.models]
        serving.models = Models(champion=loaded.champion, challenger=loaded.challenger, anomaly=serving.models.anomaly)
        await asyncio.to_thread(old.clear)
        self._deps.metrics.model_swaps.inc()
        self._deps.metrics.model_announcement.set(loaded.number)
        challenger = loaded.challenger.version if loaded.challenger is not None else None
        logger.info("models_serve", champion=loaded.champion.version, challenger=challenger)
        for version, why in loaded.refused:
            self._refuse(version, why)

    def _load(self, record: ModelVersionRecord | None, now: Models) -> _Loaded:
        """In a thread. Raises SnapshotRefusedError when the champion must not serve, StoreUnavailableError."""
        if record is None:
            return _Loaded(self._served(SCORECARD, now), None, 0, [])
        champion = self._served(record.version, now)
        if record.challenger is None:
            return _Loaded(champion, None, record.sequence, [])
        try:
            return _Loaded(champion, self._served(record.challenger, now), record.sequence, [])
        except SnapshotRefusedError as error:
            return _Loaded(champion, None, record.sequence, [(error.version, error.why)])

    def _served(self, version: str, now: Models) -> ServedModel:
        if version == SCORECARD:
            return scorecard_model(self._deps.policy)
        for served in (now.champion, now.challenger):
            if served is not None and served.version == version:
                return served
        return load_scorer(self._store, version)

    def _refuse(self, version: str, why: str) -> None:
        logger.error("model_refused", version=version, why=why)
        self._deps.metrics.models_refused.inc()
        serving = self._deps.serving.models.champion.version
        self._alerts.append(refused_alert(version, why, serving, self._deps.clock()))

    async def _raise_alerts(self) -> None:
        if self._alerts and self._raises_alerts():
            alerts, self._alerts = self._alerts, []
            for alert in alerts:
                self._deps.metrics.alerts.labels(alert.kind).inc()
            topic = self._deps.settings.topic("alerts")
            await self._deps.publisher.publish(
                [Outgoing(topic, alert.alert_id.encode(), encode(alert)) for alert in alerts]
            )


def load_scorer(store: ModelStore, version: str) -> ServedModel:
    """A model from the store, tried once. Blocking.

    Raises SnapshotRefusedError, also when it cannot score an application as a model should; StoreUnavailableError.
    """
    scorer, weights = _content(version, store.load(version).content)
    for value in (None, 0.0):
        try:
            _try(scorer, value)
        except Exception as error:
            raise SnapshotRefusedError(version, f"it cannot score: {type(error).__name__}: {error}") from error
    return ServedModel(FRAUD_MODEL, version, scorer, weights)


def served_content(scorer: Scorer, weights: SuspicionWeights) -> dict[str, Any]:
    """What a snapshot for workers holds."""
    return {"scorer": scorer, "ring_suspicion": astuple(weights)}


def _content(version: str, content: Any) -> tuple[Scorer, SuspicionWeights | None]:
    """Scorer and weights; in snapshots of before rings were learned about there is the scorer alone."""
    if not isinstance(content, dict):
        return content, None
    try:
        return content["scorer"], SuspicionWeights(*content["ring_suspicion"])
    except (KeyError, TypeError, ValueError) as error:
        raise SnapshotRefusedError(version, f"it is no snapshot for workers: {error!r}") from error


def _try(scorer: Scorer, value: float | None) -> None:
    score = scorer.score(dict.fromkeys(FEATURE_NAMES, value), dict.fromkeys(CATEGORY_NAMES), value)
    total = math.fsum((score.base_log_odds, *(each.contribution for each in score.contributions)))
    if not 0 <= score.fraud_score <= 1 or not abs(total - score.log_odds) <= ADDS_UP_WITHIN:
        raise ValueError(f"a score of {score.fraud_score}, {score.log_odds} made of {total}")
