"""`tidegate topics create`, on a real Kafka."""

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from scripts.topics import topics
from streams.topics import TOPICS


@pytest.fixture
def few_partitions(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings as the command reads them from the environment."""
    monkeypatch.setenv("TIDEGATE_BROKER", settings.broker)
    monkeypatch.setenv("TIDEGATE_TOPIC_PREFIX", settings.topic_prefix)
    monkeypatch.setenv("TIDEGATE_PARTITIONS", "1")
    monkeypatch.setenv("COLUMNS", "200")
    return settings


def test_a_check_fails_until_the_topics_were_made(few_partitions: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    run = CliRunner().invoke
    check = run(topics, ["create", "--check"])
    assert check.exit_code == 1
    assert check.output.count("missing") == 2 * len(TOPICS)  # in the table, and in the problem's line

    made = run(topics, ["create"])
    assert made.exit_code == 0, made.output
    assert made.output.count("made") == len(TOPICS)
    assert few_partitions.topic("dead-letters") in made.output

    again = run(topics, ["create"])
    assert again.exit_code == 0
    assert "made" not in again.output
    assert run(topics, ["create", "--check"]).exit_code == 0

    monkeypatch.setenv("TIDEGATE_PARTITIONS", "2")
    wrong = run(topics, ["create"])
    assert wrong.exit_code == 1
    assert f"topic {few_partitions.topic('alerts')}: partitions is 1, wanted at least 2" in wrong.output
