"""The topics: which there are, how they are made, and whether a cluster has them as they should be."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError
from msgspec import Struct

from config.errors import OperatorError
from config.settings import Settings
from models.alerts import Alert
from models.dead_letter import DeadLetter
from models.decision import Decision, DecisionAudit
from models.events import EVENT_TYPES
from models.published import MerchantTierRecord, ModelVersionRecord, PolicyVersionRecord, RestrictedCustomer
from streams.kafka import BrokerUnreachableError, admin_client, record_counts

MAX_RECORD_BYTES = 4 * 1024 * 1024
"""The largest record that any topic takes: a dead letter of the largest input, in base64, with room to spare."""
MAX_INPUT_BYTES = 1024 * 1024
"""The largest record that other topics take. Above what the contract allows, so that a record that is too large arrives
and becomes a dead letter."""

CREATED_WITHIN_S = 120.0
"""Longest wait for brokers to know new topics, and then for these to be served."""
POLL_S = 0.1

Direction = Literal["in", "out", "internal"]
Cleanup = Literal["delete", "compact"]


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One topic. `name` is the contract's, without prefix."""

    name: str
    key: str
    """What its records are keyed by."""
    direction: Direction
    """Seen from Tidegate; `internal` is nobody else's business."""
    record: type[Struct] | None
    """Type of its records; None for internal ones."""
    cleanup: Cleanup = "delete"
    retention: timedelta | None
    """How long Kafka keeps a record; None is for ever."""
    max_record_bytes: int = MAX_INPUT_BYTES
    single_partition: bool = False
    """It has one partition, so that all of it has one order and one consumer of a group has all of it."""
    partitions_of: str | None = None
    """It has exactly as many partitions as this topic, and a record is in the partition of the same number."""

    @property
    def config(self) -> dict[str, str]:
        """The topic's settings by Kafka's names."""
        retention_ms = -1 if self.retention is None else int(self.retention.total_seconds() * 1000)
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(retention_ms),
            "max.message.bytes": str(self.max_record_bytes),
        }


def _in(name: str, key: str, retention: timedelta | None) -> Topic:
    return Topic(name=name, key=key, direction="in", record=EVENT_TYPES[name], retention=retention)


TOPICS: tuple[Topic, ...] = (
    _in("applications", "application_id", timedelta(days=7)),
    # As long as the index looks back at a device's events.
    _in("device-events", "device_id", timedelta(days=30)),
    # What lists, labels, merchants and policies are built from is kept, and never compacted: a key has many records
    # that all count (an entry on several lists, a verdict and a repayment, a load and an activation).
    _in("labels", "application_id", None),
    _in("blacklist-entries", "kind:value", None),
    _in("merchant-events", "merchant_id", None),
    _in("policies", "policy name", None),
    Topic(name="decisions", key="application_id", direction="out", record=Decision, retention=timedelta(days=30)),
    Topic(
        name="decision-audit",
        key="application_id",
        direction="out",
        record=DecisionAudit,
        retention=timedelta(days=400),
        max_record_bytes=MAX_RECORD_BYTES,
    ),
    Topic(name="alerts", key="alert_id", direction="out", record=Alert, retention=timedelta(days=90)),
    # Short-lived, because they alone carry raw personal data.
    Topic(
        name="dead-letters",
        key="the original key",
        direction="out",
        record=DeadLetter,
        retention=timedelta(days=14),
        max_record_bytes=MAX_RECORD_BYTES,
    ),
    Topic(
        name="merchant-tiers",
        key="merchant_id",
        direction="out",
        record=MerchantTierRecord,
        cleanup="compact",
        retention=None,
    ),
    Topic(
        name="restricted-customers",
        key="applicant_token",
        direction="out",
        record=RestrictedCustomer,
        cleanup="compact",
        retention=None,
    ),
    Topic(
        name="model-versions",
        key="model name",
        direction="out",
        record=ModelVersionRecord,
        cleanup="compact",
        retention=None,
    ),
    Topic(
        name="policy-versions",
        key="policy name",
        direction="out",
        record=PolicyVersionRecord,
        cleanup="compact",
        retention=None,
    ),
    # Applications that were decided without the link index, tokenised, until it is back.
    Topic(name="deferred", key="application_id", direction="internal", record=None, retention=timedelta(days=7)),
    # Approved applications that are connected with a fraud or a listed identifier, until they are decided again. Their
    # audited decisions are kept by the worker that has the partition of the same number.
    Topic(
        name="recalls",
        key="application_id",
        direction="internal",
        record=None,
        retention=timedelta(days=7),
        partitions_of="decision-audit",
    ),
    # Labels that upstream's client put into another partition than the decision on the application is in; kept as
    # labels are.
    Topic(
        name="strayed-labels",
        key="application_id",
        direction="internal",
        record=None,
        retention=None,
        partitions_of="decision-audit",
    ),
    # Labelled applications, as long as decisions can be audited.
    Topic(
        name="training",
        key="application_id",
        direction="internal",
        record=None,
        retention=timedelta(days=400),
        single_partition=True,
    ),
    # Which dead letters were sent again; kept longer than they are.
    Topic(name="redriven", key="partition:offset", direction="internal", record=None, retention=timedelta(days=28)),
)
"""Every topic, in the order of the contract, then the internal ones."""


class TopicProblem(Struct, frozen=True, kw_only=True):
    """Something about a topic that keeps a worker from starting."""

    topic: str
    """Full name, with prefix."""
    aspect: str
    """`topic` when it is missing, `creation` when refused, `leader` of a new one, `partitions`, or a setting's name."""
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"topic {self.topic}: {self.aspect} is {self.found}, wanted {self.wanted}"


class TopicsNotReadyError(OperatorError):
    """Topics are missing or wrong; the message lists each."""

    def __init__(self, problems: list[TopicProblem]) -> None:
        self.problems = problems
        lines = [f"{len(problems)} problems with the topics:" if len(problems) > 1 else "A topic is not ready:"]
        lines += [f"  {problem}" for problem in problems]
        if any(problem.aspect == "topic" for problem in problems):
            lines.append("`tidegate topics create` makes the missing ones")
        if any(problem.aspect != "topic" for problem in problems):
            lines.append("What is wrong about a topic that exists is yours to change, with your cluster's own tools")
        super().__init__("\n".join(lines))


async def create_or_check(settings: Settings, create: bool) -> list[TopicProblem]:
    """What is missing or wrong about the topics; with `create`, after making those that were missing.

    A topic that exists is never changed. More partitions than asked for are no problem, nor is another retention: both
    are the cluster's own affair. Raises BrokerUnreachableError.
    """
    async with admin_client(settings) as client:
        problems = await _problems(client, settings)
        if not create:
            return problems
        missing = {problem.topic for problem in problems if problem.aspect == "topic"}
        refused = await _create([topic for topic in TOPICS if settings.topic(topic.name) in missing], client, settings)
        names = {problem.topic for problem in refused}
        deadline = asyncio.get_running_loop().time() + CREATED_WITHIN_S
        while True:  # brokers learn of a new topic a moment after it was made
            problems = [problem for problem in await _problems(client, settings) if problem.topic not in names]
            late = asyncio.get_running_loop().time() > deadline
            if not any(problem.aspect == "topic" for problem in problems):
                return refused + problems + await _unserved(missing - names, settings)
            if late:
                return refused + problems
            await asyncio.sleep(POLL_S)


async def require_topics(settings: Settings) -> None:
    """Return when every topic is there as it should be. Raises TopicsNotReadyError or BrokerUnreachableError."""
    problems = await create_or_check(settings, create=False)
    if problems:
        raise TopicsNotReadyError(problems)


async def _create(topics: list[Topic], client: AIOKafkaAdminClient, settings: Settings) -> list[TopicProblem]:
    """Make topics; return what Kafka refused."""
    if not topics:
        return []
    response = await client.create_topics(
        [
            NewTopic(
                settings.topic(topic.name),
                1 if topic.single_partition else settings.partitions,
                settings.replication_factor,
                topic_configs=topic.config,
            )
            for topic in topics
        ]
    )
    return [
        TopicProblem(topic=name, aspect="creation", found=f"refused by Kafka ({message or code})", wanted="accepted")
        for name, code, message in response.topic_errors
        if code not in (0, TopicAlreadyExistsError.errno)
    ]


async def _unserved(new: set[str], settings: Settings) -> list[TopicProblem]:
    """Return when the leaders of new topics answer: on a busy machine they come seconds after the metadata that names
    them, and a producer gives up records that wait for them too long."""
    try:
        async with asyncio.timeout(CREATED_WITHIN_S):
            while True:
                with suppress(BrokerUnreachableError, KafkaTimeoutError):  # neither waits as long as we do
                    await record_counts(settings, new)
                    return []
    except (KafkaError, TimeoutError):
        return [TopicProblem(topic=name, aspect="leader", found="missing", wanted="there") for name in sorted(new)]


async def _problems(client: AIOKafkaAdminClient, settings: Settings) -> list[TopicProblem]:
    # All topics, because asking for one by name makes it on clusters that create topics by themselves.
    partitions = {each["topic"]: len(each["partitions"]) for each in await client.describe_topics()}
    present = [settings.topic(topic.name) for topic in TOPICS if settings.topic(topic.name) in partitions]
    configs = await _configs(present, client)
    problems: list[TopicProblem] = []
    for topic in TOPICS:
        name = settings.topic(topic.name)
        if name not in partitions:
            problems.append(TopicProblem(topic=name, aspect="topic", found="missing", wanted="there"))
        else:
            problems += _partition_problems(topic, partitions, settings)
            problems += _differences(topic, name, configs[name])
    return problems


def _partition_problems(topic: Topic, partitions: dict[str, int], settings: Settings) -> list[TopicProblem]:
    """`partitions`: full name -> how many there are."""
    name = settings.topic(topic.name)
    found = partitions[name]
    if topic.single_partition:
        wanted, right = "1", found == 1
    elif topic.partitions_of is not None:
        like = partitions.get(settings.topic(topic.partitions_of), found)
        wanted, right = f"{like}, as many as {settings.topic(topic.partitions_of)}", found == like
    else:
        wanted, right = f"at least {settings.partitions}", found >= settings.partitions
    return [] if right else [TopicProblem(topic=name, aspect="partitions", found=str(found), wanted=wanted)]


def _differences(topic: Topic, name: str, config: dict[str, str]) -> list[TopicProblem]:
    """Which settings of a topic that exists are wrong."""
    wanted = topic.config
    problems = []
    if config["cleanup.policy"] != wanted["cleanup.policy"]:
        problems.append(("cleanup.policy", config["cleanup.policy"], wanted["cleanup.policy"]))
    if int(config["max.message.bytes"]) < topic.max_record_bytes:
        problems.append(("max.message.bytes", config["max.message.bytes"], f"at least {topic.max_record_bytes}"))
    return [TopicProblem(topic=name, aspect=aspect, found=found, wanted=want) for aspect, found, want in problems]


async def _configs(names: list[str], client: AIOKafkaAdminClient) -> dict[str, dict[str, str]]:
    """Topic -> its settings by Kafka's names."""
    if not names:
        return {}
    wanted = dict.fromkeys(TOPICS[0].config)
    resources = [ConfigResource(ConfigResourceType.TOPIC, name, wanted) for name in names]
    configs: dict[str, dict[str, str]] = {}
    responses: list[Any] = await client.describe_configs(resources)
    for response in responses:
        for resource in response.to_object()["resources"]:
            configs[resource["resource_name"]] = {
                entry["config_names"]: entry["config_value"] for entry in resource["config_entries"]
            }
    return configs
