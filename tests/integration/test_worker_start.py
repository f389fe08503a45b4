"""A worker that cannot do its work says why and does not start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from config.settings import Settings
from tests.integration.harness import PATIENCE_S, StartWorker

TIDEGATE = str(Path(sys.executable).with_name("tidegate"))


def run_worker(settings: Settings, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TIDEGATE, "worker"],
        env={**settings.environment(os.environ), **changes},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


async def test_a_missing_topic_is_named_before_faust_starts(topics: Settings) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=topics.bootstrap)
    await admin.start()
    await admin.delete_topics([topics.topic("decision-audit")])
    await admin.close()
    done = run_worker(topics)
    assert done.returncode == 1
    assert topics.topic("decision-audit") in done.stderr
    assert "tidegate topics create" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_default_key_is_refused(settings: Settings) -> None:
    done = run_worker(settings, TIDEGATE_PII_KEY="insecure-demo-key-do-not-use")
    assert done.returncode == 2
    assert "TIDEGATE_PII_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreachable_broker_is_named(settings: Settings) -> None:
    done = run_worker(settings, TIDEGATE_BROKER="kafka://127.0.0.1:1")
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_policy_that_cannot_be_read_is_named(settings: Settings, tmp_path: Path) -> None:
    policy = tmp_path / "mine.toml"
    policy.write_text("[decision]\nreview_at = 2\n")
    done = run_worker(settings, TIDEGATE_POLICY=str(policy))
    assert done.returncode == 2
    assert "mine.toml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("signal_name", ["SIGTERM", "SIGINT"])
def test_a_worker_stops_on_a_signal_with_exit_code_0_and_has_written_nothing_but_json(
    signal_name: str, start_worker: StartWorker
) -> None:
    worker = start_worker()
    deadline = time.monotonic() + PATIENCE_S
    while "learner_active" not in worker.log():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert worker.stop(getattr(signal, signal_name)) == 0
    for line in worker.log().splitlines():  # standard output and standard error
        json.loads(line)
