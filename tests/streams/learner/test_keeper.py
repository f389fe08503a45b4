"""What a learner announces when somebody gives a command at the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from config.settings import Settings
from models.features.registry import FEATURE_NAMES
from models.learning.protocol import Example
from models.policy.policy import load_policy_file
from streams.kafka import read_to_end, running
from streams.learner.keeper import Keeper
from streams.model_versions import SCORECARD, TOPIC, Announcement, announce, current
from streams.publisher import Outgoing, Publisher
from streams.snapshots import ModelStore
from streams.topics import create_or_check

AT = datetime(2026, 11, 1, tzinfo=UTC)
HOLD = Announcement(champion=SCORECARD, change="command", reason="Wait.", by="ada", held=True)


class Slow(Publisher):
    """A learner's: before what it says first about models is in Kafka, somebody's command is."""

    def __init__(self, settings: Settings, somebodys: Publisher) -> None:
        super().__init__(settings)
        self._settings, self._somebodys, self._given = settings, somebodys, False

    async def publish(self, records: Sequence[Outgoing]) -> None:
        if any(each.topic.endswith(TOPIC) for each in records) and not self._given:
            self._given = True
            await announce(HOLD, self._settings, self._somebodys, AT)
        await super().publish(records)


def example(number: int) -> Example:
    return Example(
        example_id=f"A-{number}:l",
        application_id=f"A-{number}",
        event_id=f"e-{number}",
        occurred_at=AT + timedelta(minutes=number),
        known_at=AT + timedelta(days=7, minutes=number),
        fraud=number % 5 == 0,
        features=dict.fromkeys(FEATURE_NAMES) | {"amount_cny": float(number)},
        categories={"channel": "h5"},
    )


async def test_a_command_that_is_given_while_a_learner_announces_stands(settings: Settings) -> None:
    assert await create_or_check(settings, create=True) == []
    somebodys = Publisher(settings)
    publisher = Slow(settings, somebodys)
    keeper = Keeper(settings, load_policy_file(), ModelStore.from_settings(settings), publisher)
    for number in range(20):
        keeper.learn(example(number))
    keeper.save(20)
    async with running(somebodys, settings), running(publisher, settings):
        await keeper.announce()
    now = await current(settings)
    assert now is not None
    assert (now.version, now.held, now.trained_examples) == (SCORECARD, True, 20)
    async with aclosing(read_to_end(settings, settings.topic(TOPIC))) as records:
        assert len([record async for record in records]) == 3
