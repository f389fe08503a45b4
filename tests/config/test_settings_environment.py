"""Settings as the environment of a process that is to have the same ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.settings import UNSET, Settings


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Settings with secrets, flags and a relative path, none of which are the defaults."""
    monkeypatch.chdir(tmp_path)
    return Settings(
        _env_file=None,
        broker="kafka://127.0.0.1:20001",
        redis_url=SecretStr("redis://:hush@127.0.0.1:20002/0"),
        pii_key=SecretStr("sixteen bytes or more"),
        demo=True,
        policy=Path("policy.toml"),
        model_dir="models",
        model_key=SecretStr("sixteen others or more"),
        batch_max=7,
    )


def test_a_process_with_the_environment_has_exactly_the_settings(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TIDEGATE_{name.upper()}", raising=False)
    for name, value in settings.environment({}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")  # a relative path still leads to the same file
    paths = {"policy": tmp_path / "policy.toml", "data_dir": tmp_path / ".tidegate"}
    assert Settings(_env_file=None) == settings.model_copy(update=paths)


def test_a_process_takes_nothing_from_a_file_where_it_runs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in settings.environment({}).items():
        monkeypatch.setenv(name, value)
    (tmp_path / ".env").write_text(
        "TIDEGATE_REDIS_PASSWORD=of the house\nTIDEGATE_LIST_SERVICES=lists.toml\nTIDEGATE_GROUP_ID=house\n"
    )
    found = Settings()
    assert found == settings.model_copy(update={name: getattr(found, name) for name in ("policy", "data_dir")})
    assert (found.redis_password, found.list_services) == (None, None)


def test_nothing_of_the_operators_own_variables_is_left(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_KAFKA_SASL_USERNAME", "somebody")
    monkeypatch.setenv("tidegate_redis_username", "somebody")
    environment = settings.environment(os.environ)
    assert environment["TIDEGATE_KAFKA_SASL_USERNAME"] == UNSET
    assert "tidegate_redis_username" not in environment
    assert environment["PATH"] == os.environ["PATH"]
