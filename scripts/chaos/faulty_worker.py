"""A worker with faults built in from outside, for the fault suite alone: `python -m scripts.chaos.faulty_worker`.

A file `faults/STAGE` in its data directory makes the next call of that stage raise, once; what `faults/clock` holds is
added to its clock, in seconds. The product has no such switch: everything is wrapped here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import streams.agents.applications
import streams.app
import streams.decision_records
from config.settings import Settings
from streams.batches import Batch
from streams.codec import RecordDecoder
from streams.dependencies import Dependencies
from streams.index.valkey import ValkeyIndex
from streams.publisher import Outgoing, Publisher
from streams.worker import run_worker

STAGES: dict[str, tuple[Any, str]] = {
    "decode": (RecordDecoder, "__call__"),
    "tokenise": (streams.app, "tokenise_application"),
    "observe": (ValkeyIndex, "observe"),
    "decide": (streams.agents.applications, "decide"),
    "remember": (ValkeyIndex, "remember"),
    "encode": (streams.decision_records, "encode"),
    "publish": (Publisher, "publish"),
    "acknowledge": (Batch, "acknowledge"),
    "settle": (ValkeyIndex, "settle"),
}
"""Stage of the pipeline -> where its function is."""


class StageError(Exception):
    """The fault that was asked for."""


def fault_file(data_dir: Path, name: str) -> Path:
    """The file that asks for a fault: `name` is a stage, or `clock`."""
    return data_dir / "faults" / name


def main() -> None:
    """Run as any worker does, with every stage wrapped."""
    settings = Settings()
    for stage, (owner, name) in STAGES.items():
        concerns = _publishes_decisions if stage == "publish" else _any
        setattr(owner, name, _failing(getattr(owner, name), stage, fault_file(settings.data_dir, stage), concerns))
    build = streams.app.build_dependencies
    streams.app.build_dependencies = lambda settings: _with_jumping_clock(build(settings))
    run_worker(settings)


def _any(*_: Any) -> bool:
    return True


def _publishes_decisions(_: Publisher, records: Sequence[Outgoing]) -> bool:
    """The worker publishes alerts and examples beside the pipeline, too."""
    return any(record.topic.endswith("decisions") for record in records)


def _failing(
    function: Callable[..., Any], stage: str, asked: Path, concerns: Callable[..., bool]
) -> Callable[..., Any]:
    def fail_if_asked(*args: Any) -> None:
        if asked.exists() and concerns(*args):
            asked.unlink()
            raise StageError(stage)

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def wrapped_async(*args: Any, **kwargs: Any) -> Any:
            fail_if_asked(*args)
            return await function(*args, **kwargs)

        return wrapped_async

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        fail_if_asked(*args)
        return function(*args, **kwargs)

    return wrapped


def _with_jumping_clock(dependencies: Dependencies) -> Dependencies:
    clock, jump = dependencies.clock, fault_file(dependencies.settings.data_dir, "clock")

    def jumping() -> datetime:
        ahead_s = float(jump.read_text()) if jump.exists() else 0.0
        return clock() + timedelta(seconds=ahead_s)

    return replace(dependencies, clock=jumping)


if __name__ == "__main__":
    main()
