"""The composition root: settings in, a Faust app with its agents out."""

from __future__ import annotations

import asyncio
import gc
import os
import ssl
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import faust
import structlog

from config.settings import Settings
from models.events import Application, BlacklistEntry, DeviceEvent, Label
from models.identifiers import Tokeniser
from models.pipeline import Models
from models.policy.policy import load_policy_file
from models.tokenise import label_facts, tokenise_application, tokenise_device_event, tokenise_list_entry
from streams.agents.applications import decide_applications, decide_deferred, decode_deferred
from streams.agents.device_events import remember_devices
from streams.agents.labels import take_labels, take_strayed_labels
from streams.agents.lists import update_lists
from streams.agents.recalls import decide_recalled, decode_recall
from streams.allocator import keep_giving_back
from streams.batches import assignment_of, hand_on_at_once, is_assigned
from streams.breaker import Breaker
from streams.closed_consumers import close_consumers_whole
from streams.codec import RecordDecoder
from streams.consumer import consume_in_one_loop
from streams.dependencies import Dependencies, Serving
from streams.edge import Take, edge
from streams.external_lists.services import ListServices
from streams.fetch_codec import use_fast_fetch_codec
from streams.health import HealthServer
from streams.index.valkey import ValkeyIndex
from streams.joining import LabelJoin
from streams.kafka import ssl_context
from streams.learner.supervisor import LearnerSupervisor
from streams.lost_connections import tell_lost_connections
from streams.metrics import Metrics
from streams.pacing import pace_metadata_requests
from streams.probes import watch_dependencies
from streams.produce_codec import use_fast_produce_codec
from streams.publisher import Publisher
from streams.raw_records import RawSchema, wait_for_no_producer
from streams.recalling import RECALLS
from streams.runner import Handled, run
from streams.serving import ModelFollower
from streams.snapshots import ModelStore

logger = structlog.get_logger(__name__)

SESSION_TIMEOUT_S = 6.0
HEARTBEAT_INTERVAL_S = 2.0
COMMIT_INTERVAL_S = 0.2
STREAM_BUFFER_RECORDS = 1024
METADATA_AGE_S = 30.0
"""Partitions that are added to a topic are taken after so long at most."""
GC_EVERY_OBJECTS = 50_000
MODELS_WITHIN_S = 10.0
"""So long a worker that starts waits for the models that serve; then the scorecard decides until they are there."""
STOP_WITHIN_S = 8.0
"""A worker that is asked to stop drains, commits and leaves its group; one that cannot is gone all the same by then."""


def build_dependencies(settings: Settings) -> Dependencies:
    """The real ones. Raises ValueError when the settings or the policy do not allow a worker to start."""
    policy = load_policy_file(settings.policy)
    metrics = Metrics()
    clock = partial(datetime.now, UTC)
    return Dependencies(
        settings=settings,
        clock=clock,
        index=ValkeyIndex.from_settings(settings),
        breaker=Breaker(metrics),
        publisher=Publisher(settings),
        policy=policy,
        serving=Serving(Models.for_policy(policy)),
        metrics=metrics,
        list_services=ListServices.from_settings(settings, metrics, clock),
    )


class App(faust.App):
    """A Faust app that connects its dependencies before its agents start and drops them after they have stopped."""

    def __init__(self, *args: Any, dependencies: Dependencies, **options: Any) -> None:
        super().__init__(*args, **options)
        consume_in_one_loop(self)
        self.dependencies = dependencies
        # One worker of the group has the first partition: that one raises alerts about what they all see.
        first = partial(is_assigned, self, dependencies.settings.topic("applications"), 0)
        self._watch_dependencies = partial(watch_dependencies, dependencies, raises_alerts=first)
        self._models = ModelFollower(dependencies, ModelStore.from_settings(dependencies.settings), first)
        homes = dependencies.settings.topic("strayed-labels")
        self.label_join = LabelJoin(dependencies, partial(assignment_of, self, homes))
        self._learner = LearnerSupervisor(dependencies, lambda: dependencies.settings.learner and first())
        self.health = HealthServer(self, dependencies)
        self._stop_deadline = threading.Timer(STOP_WITHIN_S, _end_undrained)
        self._stop_deadline.daemon = True

    async def on_start(self) -> None:
        await self.dependencies.start()
        await self.health.start()
        self.add_future(self.health.watch())
        self.add_future(keep_giving_back())
        self.add_future(self._watch_dependencies())
        self.add_future(self._models.follow())
        self.add_future(self.label_join.run())
        self.add_future(self._learner.run())
        await self._models.caught_up(within_s=MODELS_WITHIN_S)
        hand_on_at_once(self.consumer)
        wait_for_no_producer(self)
        await super().on_start()
        # What has been loaded by now stays: without it every full collection of garbage walks through it again. What a
        # batch needs is freed without the collector; it need not look more than once a batch.
        gc.freeze()
        gc.set_threshold(GC_EVERY_OBJECTS, 20, 20)

    async def on_stop(self) -> None:
        self._stop_deadline.start()
        await asyncio.gather(self._learner.stop(), super().on_stop())

    async def on_shutdown(self) -> None:
        await super().on_shutdown()
        self.label_join.close()
        await self.health.stop()
        await self.dependencies.stop()
        self._stop_deadline.cancel()


def _end_undrained() -> None:
    """Without Kafka nothing can be published, committed or left in good order; what is not acknowledged comes again."""
    try:
        logger.warning("stopped_undrained", after_s=STOP_WITHIN_S)
    finally:
        os._exit(0)


def build_app(settings: Settings, dependencies: Dependencies | None = None) -> App:
    """One worker's app. The topics have to exist (`streams.topics.require_topics`)."""
    pace_metadata_requests()
    tell_lost_connections()
    close_consumers_whole()
    use_fast_fetch_codec()
    use_fast_produce_codec()
    deps = dependencies or build_dependencies(settings)
    app = App(
        settings.consumer_group,
        dependencies=deps,
        **faust_options(settings),
    )
    tokeniser = Tokeniser(settings.pii_key_bytes)
    application = partial(tokenise_application, tokeniser=tokeniser, timezone=ZoneInfo(settings.timezone))
    device_event = partial(tokenise_device_event, tokeniser=tokeniser)
    list_entry = partial(tokenise_list_entry, tokeniser=tokeniser)
    in_turn = partial(decide_applications, turn=asyncio.Lock())
    _agent(app, "applications", edge(RecordDecoder(Application), application), in_turn, overlapping=True)
    _agent(app, "deferred", decode_deferred, decide_deferred)
    _agent(app, "device-events", edge(RecordDecoder(DeviceEvent), device_event), remember_devices)
    _agent(app, "blacklist-entries", edge(RecordDecoder(BlacklistEntry), list_entry), update_lists)
    label = edge(RecordDecoder(Label), label_facts)
    _agent(app, "labels", label, partial(take_labels, join=app.label_join))
    _agent(app, "strayed-labels", label, partial(take_strayed_labels, join=app.label_join))
    _agent(app, RECALLS, decode_recall, partial(decide_recalled, join=app.label_join))
    return app


def faust_options(settings: Settings) -> dict[str, Any]:
    """How every Faust app of ours runs; the measurements behind each value are in docs/adr/. Makes the data directory,
    one for each app id because two that share one break each other's recovery."""
    data_dir = settings.data_dir / "faust" / settings.consumer_group
    data_dir.mkdir(parents=True, exist_ok=True)
    return {
        "broker": [f"kafka://{address}" for address in settings.bootstrap],
        "broker_credentials": _credentials(settings),
        "datadir": str(data_dir),
        "store": "memory://",
        "web_enabled": False,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "processing_guarantee": "at_least_once",
        "consumer_auto_offset_reset": "earliest",
        "broker_commit_interval": COMMIT_INTERVAL_S,
        "broker_session_timeout": SESSION_TIMEOUT_S,
        "broker_heartbeat_interval": HEARTBEAT_INTERVAL_S,
        "consumer_metadata_max_age_ms": int(METADATA_AGE_S * 1000),
        "stream_wait_empty": True,
        "stream_buffer_maxsize": STREAM_BUFFER_RECORDS,
        "key_serializer": "raw",
        "value_serializer": "raw",
    }


def _agent(
    app: App, name: str, take: Take[Any], handle: Callable[..., Awaitable[Handled]], overlapping: bool = False
) -> None:
    """An agent over the topic `name`. Concurrency 1: more commits past what is in flight; scale by partitions."""
    deps = app.dependencies
    topic = app.topic(deps.settings.topic(name), schema=RawSchema())

    async def agent(stream: Any) -> None:
        await run(app, stream, name, take, partial(handle, deps=deps), deps, overlapping=overlapping)

    app.agent(topic, name=f"tidegate.{name}", concurrency=1)(agent)


def _credentials(settings: Settings) -> Any:
    context: ssl.SSLContext | None = ssl_context(settings)
    if settings.kafka_security_protocol.startswith("SASL"):
        password = settings.kafka_sasl_password
        return faust.SASLCredentials(
            mechanism=settings.kafka_sasl_mechanism,
            username=settings.kafka_sasl_username,
            password=password.get_secret_value() if password else None,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context is not None else None
