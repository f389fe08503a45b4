"""`tidegate models`, on a real Kafka and a real store."""

from __future__ import annotations

import asyncio
import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from typer.testing import CliRunner, Result

from config.errors import OperatorError
from config.settings import Settings
from models.learning.snapshot_classes import SNAPSHOT_CLASSES
from models.policy.policy import load_policy_file
from models.published import ModelVersionRecord
from scripts.models import models
from streams.kafka import read_to_end, running
from streams.model_versions import Announcement, announce, current
from streams.publisher import Publisher
from streams.snapshots import ModelStore, SnapshotHeader, path_of
from streams.topics import create_or_check
from tests.builders_models import Linear
from tests.conftest import TEST_PII_KEY

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture
def deployment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Topics, and the environment that the commands read."""
    monkeypatch.setattr("streams.snapshots.SNAPSHOT_CLASSES", SNAPSHOT_CLASSES | {(Linear.__module__, "Linear")})
    for name, value in {
        "BROKER": settings.broker,
        "TOPIC_PREFIX": settings.topic_prefix,
        "DATA_DIR": str(settings.data_dir),
        "PII_KEY": TEST_PII_KEY,
        "PARTITIONS": "1",
    }.items():
        monkeypatch.setenv(f"TIDEGATE_{name}", value)
    assert asyncio.run(create_or_check(Settings(), create=True)) == []
    return Settings()


def run(*words: str) -> Result:
    return CliRunner().invoke(models, list(words))


def failure(*words: str) -> str:
    """The operator's error that the words end in, which `tidegate` prints in red."""
    result = run(*words)
    assert isinstance(result.exception, OperatorError), result.output
    return str(result.exception)


def save(settings: Settings, sequence: int, scorer: Any = None, **header: Any) -> str:
    store = ModelStore.from_settings(settings)
    made: dict[str, Any] = {"name": "linear", "kind": "linear", "created_at": AT, "frauds": 7} | header
    head = SnapshotHeader(sequence=sequence, examples=500 * sequence, **made)
    return store.save(head, scorer or Linear(-3.0, {"age_years": sequence}))


def serving(settings: Settings) -> ModelVersionRecord | None:
    return asyncio.run(current(settings))


def learner_announces(settings: Settings, champion: str, **more: Any) -> ModelVersionRecord:
    async def tell() -> ModelVersionRecord:
        publisher = Publisher(settings)
        async with running(publisher, settings):
            announcement = Announcement(
                champion=champion, change="promotion", reason="It ranks better.", by="learner", **more
            )
            return await announce(announcement, settings, publisher, AT)

    return asyncio.run(tell())


def alerts(settings: Settings) -> list[dict[str, Any]]:
    async def read() -> list[dict[str, Any]]:
        async with contextlib.aclosing(read_to_end(settings, settings.topic("alerts"))) as records:
            return [json.decode(record.value) async for record in records]

    return asyncio.run(read())


def row(output: str, version: str) -> str:
    return next(line for line in output.splitlines() if version in line.split())


def test_without_models_the_scorecard_is_listed_as_champion(deployment: Settings) -> None:
    listed = run("list")
    assert listed.exit_code == 0, listed.output
    assert "champion" in row(listed.output, "scorecard")


def test_the_list_says_how_models_stand_and_which_serve(deployment: Settings) -> None:
    one, two, three = (save(deployment, n, metrics={"roc_auc": 0.9 + n / 100}) for n in (1, 2, 3))
    learner_announces(deployment, one)
    learner_announces(deployment, two, challenger=three)
    output = run("list").output
    assert "champion before" in row(output, one)
    assert row(output, two).rstrip().endswith("champion")
    assert "challenger" in row(output, three)
    for cell in ("1000", "7", "0.920", "2026-11-24 08:00:00 UTC"):
        assert cell in row(output, two)


def test_the_list_shows_a_tampered_model_as_refused(deployment: Settings) -> None:
    version = save(deployment, 1)
    file = Path(deployment.model_url) / path_of(version)
    file.write_bytes(file.read_bytes()[:-1])
    assert "refused" in row(run("list").output, version)
    assert "refused" in failure("show", version)
    assert "refused" in failure("promote", version, "--reason", "why not")
    assert serving(deployment) is None


def test_the_list_leaves_out_a_model_that_a_learner_prunes_meanwhile(
    deployment: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pruned, stays = save(deployment, 1), save(deployment, 2)
    versions = ModelStore.versions

    def listed_then_pruned(store: ModelStore, role: Any = "serving") -> list[str]:
        found = versions(store, role)
        (Path(deployment.model_url) / path_of(pruned)).unlink()
        return found

    monkeypatch.setattr(ModelStore, "versions", listed_then_pruned)
    listed = run("list")
    assert listed.exit_code == 0, listed.output
    assert row(listed.output, stays)
    assert pruned not in listed.output


def test_a_model_is_shown_with_its_origin_and_why_it_serves(deployment: Settings) -> None:
    version = save(deployment, 2, parent="linear-1-0a1b2c3d", metrics={"brier": 0.0123, "log_loss": 0.5})
    learner_announces(deployment, version)
    output = run("show", version).output
    for text in ("linear-1-0a1b2c3d", "1000 examples, 7 of them frauds", "0.0123", "log_loss", "verifies", "champion"):
        assert text in output
    assert "It ranks better. (promotion, by learner)" in output


def test_the_scorecard_is_shown_by_both_its_names_with_the_figures_that_the_learner_announced(
    deployment: Settings,
) -> None:
    assert "champion" in run("show", "scorecard").output
    learner_announces(deployment, "scorecard", metrics={"roc_auc": 0.8765, "brier": 0.25})
    in_decisions = load_policy_file(deployment.policy).scorecard.version
    for name in ("scorecard", in_decisions):
        output = run("show", name).output
        for text in (in_decisions, "champion", "0.8765", "0.2500", "It ranks better."):
            assert text in output
    assert "0.876" in row(run("list").output, "scorecard")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 257])
def test_a_change_needs_a_reason_that_fits_into_a_record(deployment: Settings, reason: str) -> None:
    for words in (["promote", "scorecard"], ["rollback"], ["release"]):
        refused = run(*words, "--reason", reason)
        assert refused.exit_code == 2
        assert "256" in refused.output
    assert serving(deployment) is None


def test_what_is_promoted_by_command_serves_and_is_held_until_it_is_released(deployment: Settings) -> None:
    one, two = save(deployment, 1, metrics={"roc_auc": 0.9}), save(deployment, 2)
    promoted = run("promote", one, "--reason", "The risk team prefers it.")
    assert promoted.exit_code == 0, promoted.output
    record = serving(deployment)
    assert record is not None
    assert (record.version, record.held, record.change, record.previous_version) == (one, True, "command", "scorecard")
    assert (record.reason, record.trained_examples, record.metrics) == (
        "The risk team prefers it.",
        500,
        {"roc_auc": 0.9},
    )
    assert "champion, held" in row(run("list").output, one)

    assert learner_announces(deployment, two).version == one
    assert run("release").exit_code == 0
    assert learner_announces(deployment, two).version == two
    assert "No champion is held" in failure("release")


def test_a_promotion_by_command_raises_the_alert_and_one_that_changes_nothing_does_not(deployment: Settings) -> None:
    version = save(deployment, 1)
    for _ in range(2):
        assert run("promote", version, "--reason", "better").exit_code == 0
    [alert] = alerts(deployment)
    assert (alert["kind"], alert["subject"]["id"]) == ("MODEL_PROMOTED", version)


def test_rollback_is_one_command_to_the_champion_before(deployment: Settings) -> None:
    one, two = save(deployment, 1), save(deployment, 2)
    learner_announces(deployment, one)
    learner_announces(deployment, two)
    back = run("rollback")
    assert back.exit_code == 0, back.output
    record = serving(deployment)
    assert record is not None
    assert (record.version, record.previous_version, record.change, record.held) == (one, two, "rollback", True)


@pytest.mark.parametrize("name", ["scorecard", load_policy_file().scorecard.version])
def test_the_scorecard_may_be_promoted_by_its_name_or_its_version(deployment: Settings, name: str) -> None:
    learner_announces(deployment, save(deployment, 1))
    assert run("promote", name, "--reason", "Back to the start.").exit_code == 0
    record = serving(deployment)
    assert record is not None
    assert (record.version, record.snapshot) == ("scorecard", None)


@pytest.mark.parametrize("command", [["show"], ["promote", "--reason", "why not"]])
def test_a_version_that_is_not_there_is_said_to_be_unknown(deployment: Settings, command: list[str]) -> None:
    assert "There is no model linear-9-0a1b2c3d" in failure(*command, "linear-9-0a1b2c3d")


def test_a_rollback_without_a_champion_before_says_so(deployment: Settings) -> None:
    assert "nothing to roll back" in failure("rollback")


def test_a_rollback_to_a_model_that_is_gone_changes_nothing(deployment: Settings) -> None:
    one, two = save(deployment, 1), save(deployment, 2)
    learner_announces(deployment, one)
    learner_announces(deployment, two)
    ModelStore.from_settings(deployment).prune("serving", keep=1)
    assert f"There is no model {one}" in failure("rollback")
    record = serving(deployment)
    assert record is not None
    assert record.version == two


def test_a_model_that_serves_and_is_not_in_the_store_is_pointed_out(deployment: Settings) -> None:
    learner_announces(deployment, "linear-9-0a1b2c3d")
    assert "linear-9-0a1b2c3d serves, and is not in" in run("list").output


def test_a_promotion_needs_a_reason(deployment: Settings) -> None:
    result = run("promote", save(deployment, 1))
    assert result.exit_code == 2
    assert "--reason" in result.output


def test_the_list_shows_versions_whole_in_a_narrow_terminal(
    deployment: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = save(deployment, 123, name="weight_of_evidence", metrics={"roc_auc": 0.9})
    learner_announces(deployment, version)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    output = re.sub(r"\x1b\[[0-9;]*m", "", run("list").output)
    assert max(map(len, output.splitlines())) <= 80
    assert "…" not in output
    assert {version, "2026-11-24", "61500", "7", "0.900", "champion"} <= set(row(output, version).split())
