"""What is announced next, from what was announced before: promotions, refreshes, commands, rollbacks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from config.settings import Settings
from models.published import ModelVersionRecord
from streams.kafka import running
from streams.model_versions import (
    SCORECARD,
    Announcement,
    NothingToRollBackError,
    announce,
    current,
    decode,
    next_record,
    rollback,
)
from streams.publisher import Outgoing, Publisher
from streams.topics import create_or_check

AT = datetime(2026, 11, 24, tzinfo=UTC)
TREES, TREES_LATER, LINEAR = "trees-1-aaaaaaaa", "trees-2-bbbbbbbb", "linear-1-cccccccc"


def then(before: ModelVersionRecord | None, champion: str, change: Any, **more: Any) -> ModelVersionRecord:
    announcement = Announcement(champion=champion, change=change, reason="because", by="learner", **more)
    return next_record(announcement, before, AT)


def test_the_first_promotion_takes_the_scorecards_place() -> None:
    record = then(None, TREES, "promotion", trained_examples=9, metrics={"p": 0.01})
    assert (record.sequence, record.version, record.previous_version) == (1, TREES, SCORECARD)
    assert record.snapshot == f"serving/{TREES}.snapshot"
    assert (record.trained_examples, record.metrics, record.held) == (9, {"p": 0.01}, False)


def test_the_scorecard_has_no_snapshot() -> None:
    record = then(None, SCORECARD, "refresh", challenger=TREES)
    assert (record.version, record.snapshot, record.previous_version) == (SCORECARD, None, None)
    assert (record.challenger, record.challenger_snapshot) == (TREES, f"serving/{TREES}.snapshot")


def test_a_refresh_is_no_new_champion_so_a_rollback_goes_behind_it() -> None:
    record = then(then(None, TREES, "promotion"), TREES_LATER, "refresh")
    assert (record.sequence, record.version, record.previous_version) == (2, TREES_LATER, SCORECARD)
    assert rollback(record, "oops", "ada").champion == SCORECARD


def test_a_command_holds_the_champion_against_the_learner() -> None:
    held = then(then(None, TREES, "promotion"), LINEAR, "command", held=True)
    assert (held.version, held.previous_version, held.held) == (LINEAR, TREES, True)
    for change in ("refresh", "promotion"):
        after = then(held, TREES_LATER, change, challenger="other-1-dddddddd")
        assert (after.version, after.challenger) == (LINEAR, TREES_LATER)
        assert (after.held, after.previous_version, after.sequence) == (True, TREES, 3)


def test_what_is_held_does_not_become_its_own_challenger() -> None:
    held = then(None, TREES, "command", held=True)
    after = then(held, TREES, "refresh", challenger=LINEAR)
    assert (after.version, after.challenger) == (TREES, LINEAR)


def test_a_released_champion_may_be_replaced_by_the_learner() -> None:
    released = then(then(None, LINEAR, "command", held=True), LINEAR, "command", held=False)
    assert (released.version, released.held, released.previous_version) == (LINEAR, False, SCORECARD)
    assert then(released, TREES, "promotion").version == TREES


def test_a_rollback_goes_to_the_champion_before_and_a_second_one_back_again() -> None:
    champion = then(then(None, LINEAR, "promotion"), TREES, "promotion")
    back = next_record(rollback(champion, "oops", "ada"), champion, AT)
    assert (back.version, back.previous_version, back.held, back.by) == (LINEAR, TREES, True, "ada")
    assert rollback(back, "no, it was right", "ada").champion == TREES


@pytest.mark.parametrize("before", [None, then(None, SCORECARD, "refresh", challenger=TREES)])
def test_without_a_champion_before_there_is_nothing_to_roll_back(before: ModelVersionRecord | None) -> None:
    with pytest.raises(NothingToRollBackError):
        rollback(before, "oops", "ada")


def test_a_tombstone_is_nothing_and_anything_else_an_error() -> None:
    assert decode(None) is None
    with pytest.raises(msgspec.DecodeError):
        decode(b"{}")


async def test_what_was_announced_last_is_current(settings: Settings) -> None:
    assert await create_or_check(settings, create=True) == []
    assert await current(settings) is None
    publisher = Publisher(settings)
    async with running(publisher, settings):
        await publisher.publish([Outgoing(settings.topic("model-versions"), b"another model", b"{}")])
        for number, version in enumerate((TREES, TREES_LATER), 1):
            announcement = Announcement(champion=version, change="promotion", reason="because", by="learner")
            record = await announce(announcement, settings, publisher, AT)
            assert record.sequence == number
            assert await current(settings) == record
        await publisher.publish([Outgoing(settings.topic("model-versions"), b"fraud", b"no announcement")])
        assert await current(settings) == record
