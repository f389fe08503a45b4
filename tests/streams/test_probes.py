"""Probing a link index that is there, is not, or belongs to somebody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import redis
from pydantic import SecretStr

from config.settings import Settings
from scripts.embedded import EmbeddedValkey
from streams.app import build_dependencies
from streams.breaker import OPEN_AFTER
from streams.dependencies import Dependencies
from streams.index.layout import key_prefix
from streams.index.memory import MemoryIndex
from streams.probes import probe
from tests.conftest import TEST_PII_KEY


def dependencies(url: str, prefix: str, directory: Path) -> Dependencies:
    settings = Settings(
        _env_file=None,
        redis_url=SecretStr(url),
        topic_prefix=prefix,
        pii_key=SecretStr(TEST_PII_KEY),
        data_dir=directory,
        index_deadline_ms=5_000,
    )
    return build_dependencies(settings)


async def test_probes_that_fail_open_the_breaker_and_one_that_is_answered_closes_it(
    tmp_path: Path, topic_prefix: str
) -> None:
    deps = dependencies("redis://127.0.0.1:1/0", topic_prefix, tmp_path)
    states = []
    for index in (*[deps.index] * (OPEN_AFTER + 1), MemoryIndex()):
        await probe(replace(deps, index=index))
        states.append(deps.breaker.state)
    assert states == ["closed"] * (OPEN_AFTER - 1) + ["open", "open", "closed"]


async def test_an_index_under_another_deployments_keys_is_not_used(
    valkey: EmbeddedValkey, tmp_path: Path, topic_prefix: str
) -> None:
    deps = dependencies(valkey.url, topic_prefix, tmp_path)
    with redis.Redis.from_url(valkey.url) as admin:
        admin.set(f"{key_prefix(topic_prefix)}P", "another.")
        for _ in range(OPEN_AFTER):
            await probe(deps)
        assert deps.breaker.state == "open"
        admin.delete(f"{key_prefix(topic_prefix)}P")
    await deps.index.ping()
    await deps.index.close()
