"""A worker's learner, as a real process on a real Kafka: one that hangs is replaced, one not wanted ends quietly."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

import psutil
import pytest
import structlog
from prometheus_client import generate_latest

from config.settings import Settings
from streams.app import build_dependencies
from streams.dependencies import Dependencies
from streams.learner import supervisor
from streams.learner.supervisor import LearnerSupervisor
from streams.topics import create_or_check

WITHIN_S = 100.0


@pytest.fixture
async def deps(settings: Settings) -> Dependencies:
    assert await create_or_check(settings, create=True) == []
    return build_dependencies(settings)


@asynccontextmanager
async def running(deps: Dependencies, wanted: Callable[[], bool]) -> AsyncIterator[None]:
    learner = LearnerSupervisor(deps, wanted)
    task = asyncio.create_task(learner.run())
    try:
        yield
    finally:
        await learner.stop()
        await task


def learner() -> psutil.Process:
    """The learner of this process."""
    (found,) = [each for each in psutil.Process().children() if "streams.learner" in each.cmdline()]
    return found


def value(deps: Dependencies, name: str) -> float | None:
    return deps.metrics.registry.get_sample_value(name)


async def until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + WITHIN_S
    while not holds():
        assert monotonic() < deadline, f"not within {WITHIN_S} s"
        await asyncio.sleep(0.1)


async def test_a_learner_that_hangs_is_said_to_be_silent_and_replaced(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with running(deps, lambda: True):
            await until(lambda: value(deps, "tidegate_learner_up") == 1)
            with monkeypatch.context() as impatient:
                impatient.setattr(supervisor, "SILENT_S", 5.0)
                deps.metrics.learner_up.set(0)
                await until(lambda: value(deps, "tidegate_learner_up") == 1)  # it waits for the next report so long
                hangs = learner().pid
                os.kill(hangs, signal.SIGSTOP)
                await until(lambda: value(deps, "tidegate_learner_up") == 0)
            await until(lambda: value(deps, "tidegate_learner_up") == 1)
            assert learner().pid != hangs
            assert not psutil.pid_exists(hangs)
    assert [each["log_level"] for each in logs if each["event"] == "learner_silent"] == ["warning"]


async def test_a_learner_that_is_not_wanted_any_more_ends_without_a_warning_and_says_nothing_of_models(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STOP_AFTER_S", 0.0)
    wanted = True
    with structlog.testing.capture_logs() as logs:
        async with running(deps, lambda: wanted):
            await until(lambda: value(deps, "tidegate_learner_up") == 1)
            deps.metrics.model_quality.labels("scorecard", "brier").set(0.1)
            wanted = False
            await until(lambda: any(each["event"] == "learner_not_wanted" for each in logs))
            assert value(deps, "tidegate_learner_up") == 0
            assert b"tidegate_model_quality{" not in generate_latest(deps.metrics.registry)
    assert [each for each in logs if each["log_level"] == "warning"] == []
