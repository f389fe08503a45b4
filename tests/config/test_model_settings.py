"""Where models are kept, and the key that signs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from config.errors import SettingsError
from config.settings import DEFAULT_PII_KEY, MIN_KEY_BYTES, Settings

PII_KEY = "a key of sixteen bytes"


def with_keys(pii: str = PII_KEY, model: str | None = None, demo: bool = False) -> Settings:
    return Settings(
        _env_file=None, pii_key=SecretStr(pii), model_key=SecretStr(model) if model is not None else None, demo=demo
    )


def test_without_a_key_of_its_own_it_is_derived_from_the_other_one() -> None:
    derived = with_keys().model_key_bytes
    assert derived == with_keys().model_key_bytes
    assert len(derived) == 32
    assert derived not in (PII_KEY.encode(), with_keys("another key of sixteen").model_key_bytes)


def test_a_key_of_its_own_is_used_as_it_is_and_needs_no_other() -> None:
    assert with_keys(DEFAULT_PII_KEY, "the models' own key").model_key_bytes == b"the models' own key"


def test_a_key_needs_sixteen_bytes() -> None:
    assert with_keys(model="k" * MIN_KEY_BYTES).model_key_bytes
    with pytest.raises(SettingsError, match="TIDEGATE_MODEL_KEY has 15 bytes"):
        _ = with_keys(model="k" * (MIN_KEY_BYTES - 1)).model_key_bytes


def test_there_is_a_default_key_in_a_demo_alone() -> None:
    assert with_keys(DEFAULT_PII_KEY, demo=True).model_key_bytes
    with pytest.raises(SettingsError, match="TIDEGATE_PII_KEY is not set"):
        _ = with_keys(DEFAULT_PII_KEY).model_key_bytes


@pytest.mark.parametrize(
    ("given", "url"),
    [
        (None, "{here}/.tidegate/models"),
        ("kept/models", "{here}/kept/models"),
        ("/srv/models", "/srv/models"),
        ("s3://bucket/models", "s3://bucket/models"),
    ],
)
def test_models_are_in_a_directory_or_at_a_url(
    given: str | None, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(_env_file=None, model_dir=given, data_dir=Path(".tidegate"))
    assert settings.model_url == url.format(here=tmp_path)
