"""Making and checking the topics, on a real Kafka."""

import socket
from contextlib import closing

import pytest
from aiokafka.admin import NewTopic
from aiokafka.errors import NotLeaderForPartitionError

from config.settings import Settings
from models.events import EVENT_TYPES
from streams.codec import MAX_EVENT_BYTES
from streams.kafka import BrokerUnreachableError, admin_client
from streams.topics import (
    MAX_INPUT_BYTES,
    MAX_RECORD_BYTES,
    TOPICS,
    TopicProblem,
    TopicsNotReadyError,
    create_or_check,
    require_topics,
)

CONTRACT_TOPICS = {
    "in": {"applications", "device-events", "labels", "blacklist-entries", "merchant-events", "policies"},
    "out": {
        "decisions",
        "decision-audit",
        "alerts",
        "dead-letters",
        "merchant-tiers",
        "restricted-customers",
        "model-versions",
        "policy-versions",
    },
    "internal": {"deferred", "recalls", "redriven", "strayed-labels", "training"},
}


def with_one_partition(settings: Settings) -> Settings:
    return settings.model_copy(update={"partitions": 1})


async def make_topic(settings: Settings, name: str, partitions: int, **config: str) -> None:
    async with admin_client(settings) as client:
        topic = NewTopic(settings.topic(name), partitions, 1, topic_configs=config)
        response = await client.create_topics([topic])
        assert [code for _, code, _ in response.topic_errors] == [0]


def test_the_topics_are_the_contracts_and_our_internal_ones() -> None:
    for direction, names in CONTRACT_TOPICS.items():
        assert {topic.name for topic in TOPICS if topic.direction == direction} == names


def test_each_topic_in_carries_the_type_that_its_decoder_expects() -> None:
    assert {topic.name: topic.record for topic in TOPICS if topic.direction == "in"} == EVENT_TYPES


def test_only_the_topics_that_hold_a_current_state_are_compacted() -> None:
    compacted = {topic.name for topic in TOPICS if topic.cleanup == "compact"}
    assert compacted == {"merchant-tiers", "restricted-customers", "model-versions", "policy-versions"}


def test_a_dead_letter_has_room_for_the_largest_input_in_base64() -> None:
    assert MAX_EVENT_BYTES < MAX_INPUT_BYTES
    assert MAX_INPUT_BYTES * 4 / 3 + 4096 < MAX_RECORD_BYTES
    assert next(topic for topic in TOPICS if topic.name == "dead-letters").max_record_bytes == MAX_RECORD_BYTES


async def test_missing_topics_are_named_and_not_made_by_a_check(settings: Settings) -> None:
    for _ in range(2):
        problems = await create_or_check(settings, create=False)
        assert [problem.topic for problem in problems] == [settings.topic(topic.name) for topic in TOPICS]
        assert {problem.aspect for problem in problems} == {"topic"}


async def test_topics_that_were_made_pass_the_check_with_their_settings(settings: Settings) -> None:
    small = settings.model_copy(update={"partitions": 2})
    assert await create_or_check(small, create=True) == []
    assert await create_or_check(small, create=False) == []
    await require_topics(small)
    async with admin_client(small) as client:
        described = {each["topic"]: each for each in await client.describe_topics()}
    counts = {topic.name: len(described[small.topic(topic.name)]["partitions"]) for topic in TOPICS}
    assert counts == {topic.name: 2 for topic in TOPICS} | {"training": 1}


async def test_new_topics_are_ready_when_their_leaders_answer(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[set[str]] = []

    async def no_leader(_: Settings, topics: set[str]) -> None:
        asked.append(topics)
        raise NotLeaderForPartitionError

    monkeypatch.setattr("streams.topics.record_counts", no_leader)
    new = {settings.topic(topic.name) for topic in TOPICS}
    problems = await create_or_check(with_one_partition(settings), create=True)
    assert asked == [new]
    assert {(problem.topic, problem.aspect) for problem in problems} == {(name, "leader") for name in new}
    assert await create_or_check(with_one_partition(settings), create=True) == []


async def test_a_topic_that_is_there_already_is_left_and_the_others_are_made(settings: Settings) -> None:
    small = with_one_partition(settings)
    await make_topic(small, "alerts", 1, **next(topic.config for topic in TOPICS if topic.name == "alerts"))
    assert await create_or_check(small, create=True) == []


async def test_fewer_partitions_than_asked_for_are_wrong(settings: Settings) -> None:
    assert await create_or_check(with_one_partition(settings), create=True) == []
    problems = await create_or_check(settings.model_copy(update={"partitions": 2}), create=True)
    assert {problem.aspect for problem in problems} == {"partitions"}
    assert {problem.topic for problem in problems} == {
        settings.topic(topic.name) for topic in TOPICS if topic.name not in ("training", "strayed-labels", "recalls")
    }
    assert str(problems[0]) == f"topic {settings.topic('applications')}: partitions is 1, wanted at least 2"


async def test_more_partitions_than_asked_for_are_fine(settings: Settings) -> None:
    await make_topic(settings, "alerts", 2)
    assert await create_or_check(with_one_partition(settings), create=True) == []


async def test_training_has_one_partition_and_labels_and_recalls_those_of_decisions(
    settings: Settings,
) -> None:
    await make_topic(settings, "training", 2)
    await make_topic(settings, "decision-audit", 3, **{"max.message.bytes": str(MAX_RECORD_BYTES)})
    problems = await create_or_check(with_one_partition(settings), create=True)
    audit = settings.topic("decision-audit")
    wanted = f"3, as many as {audit}"
    assert problems == [
        TopicProblem(topic=settings.topic("recalls"), aspect="partitions", found="1", wanted=wanted),
        TopicProblem(topic=settings.topic("strayed-labels"), aspect="partitions", found="1", wanted=wanted),
        TopicProblem(topic=settings.topic("training"), aspect="partitions", found="2", wanted="1"),
    ]


async def test_a_topic_with_another_cleanup_or_too_little_room_is_wrong(settings: Settings) -> None:
    small = with_one_partition(settings)
    await make_topic(small, "dead-letters", 1, **{"cleanup.policy": "compact", "max.message.bytes": "1000000"})
    problems = await create_or_check(small, create=True)
    name = small.topic("dead-letters")
    assert problems == [
        TopicProblem(topic=name, aspect="cleanup.policy", found="compact", wanted="delete"),
        TopicProblem(topic=name, aspect="max.message.bytes", found="1000000", wanted=f"at least {MAX_RECORD_BYTES}"),
    ]


async def test_what_kafka_refuses_to_make_is_a_problem(settings: Settings) -> None:
    greedy = settings.model_copy(update={"partitions": 1, "replication_factor": 3})
    problems = await create_or_check(greedy, create=True)
    assert [problem.aspect for problem in problems] == ["creation"] * len(TOPICS)
    assert "replication" in problems[0].found.lower()


async def test_a_worker_is_told_which_topics_are_missing_and_what_to_run(settings: Settings) -> None:
    with pytest.raises(TopicsNotReadyError) as caught:
        await require_topics(settings)
    message = str(caught.value)
    assert all(f"topic {settings.topic(topic.name)}: topic is missing" in message for topic in TOPICS)
    assert "`tidegate topics create`" in message


async def test_a_broker_that_does_not_answer_is_named(settings: Settings) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    gone = settings.model_copy(update={"broker": f"kafka://127.0.0.1:{port}"})
    with pytest.raises(BrokerUnreachableError, match=f"127.0.0.1:{port}"):
        await require_topics(gone)
