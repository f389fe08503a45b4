"""The demo's settings: the operator's where there is a choice, the embedded servers' own where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.demonstration.start import LEAST_INDEX_DEADLINE_MS, MOST_SNAPSHOT_S, demo_settings
from scripts.embedded import EmbeddedServers


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddedServers:
    """Not started, among an operator's variables for a cluster elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIDEGATE_BROKER", "kafka://broker.example:9093")
    monkeypatch.setenv("TIDEGATE_REDIS_URL", "rediss://valkey.example:6379/0")
    monkeypatch.setenv("TIDEGATE_REDIS_PASSWORD", "hush")
    monkeypatch.setenv("TIDEGATE_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("TIDEGATE_KAFKA_SASL_USERNAME", "somebody")
    monkeypatch.setenv("TIDEGATE_KAFKA_SASL_PASSWORD", "hush")
    monkeypatch.setenv("TIDEGATE_WEB_HOST", "0.0.0.0")  # noqa: S104 - which the demo must not follow
    return EmbeddedServers(tmp_path)


def test_nothing_of_a_cluster_elsewhere_is_left(servers: EmbeddedServers, tmp_path: Path) -> None:
    settings = demo_settings(servers, tmp_path)
    assert settings.bootstrap == [servers.kafka.bootstrap]
    assert settings.redis_url.get_secret_value() == servers.valkey.url
    assert settings.kafka_security_protocol == "PLAINTEXT"
    assert settings.kafka_sasl_password is None
    assert settings.redis_password is None
    assert settings.web_host == "127.0.0.1"


def test_each_demo_has_a_key_of_its_own(servers: EmbeddedServers, tmp_path: Path) -> None:
    keys = {demo_settings(servers, tmp_path).pii_key_bytes for _ in range(2)}
    assert len(keys) == 2
    assert all(len(key) >= 32 for key in keys)


def test_a_demo_keeps_its_models_to_itself(
    servers: EmbeddedServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_MODEL_DIR", "memory://the-real-ones")
    monkeypatch.setenv("TIDEGATE_MODEL_KEY", "the key of the real ones")
    settings = demo_settings(servers, tmp_path)
    assert settings.model_url == str(tmp_path / "models")
    assert settings.model_key_bytes != b"the key of the real ones"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (LEAST_INDEX_DEADLINE_MS - 1, LEAST_INDEX_DEADLINE_MS),
        (LEAST_INDEX_DEADLINE_MS + 1, LEAST_INDEX_DEADLINE_MS + 1),
    ],
)
def test_the_index_has_a_longer_deadline_at_least(
    given: int, used: int, servers: EmbeddedServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_INDEX_DEADLINE_MS", str(given))
    assert demo_settings(servers, tmp_path).index_deadline_ms == used


@pytest.mark.parametrize(("given", "used"), [(MOST_SNAPSHOT_S - 1, MOST_SNAPSHOT_S - 1), (60.0, MOST_SNAPSHOT_S)])
def test_what_was_learned_serves_within_seconds(
    given: float, used: float, servers: EmbeddedServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_LEARNER_SNAPSHOT_S", str(given))
    assert demo_settings(servers, tmp_path).learner_snapshot_s == used
