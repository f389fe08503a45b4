"""Where a run stands when it is interrupted, so that the same command goes on as if nothing had happened.

A checkpoint is a pickle, which can do anything when it is read: go on only from directories of your own.
"""

from __future__ import annotations

import gc
import pickle
from dataclasses import dataclass
from pathlib import Path

from msgspec import json

from config.errors import OperatorError
from models.scoring.anomaly import AnomalyState
from models.scoring.scorer import ServedModel
from scripts.backtest.learning import LearningState, Learnt
from scripts.backtest.run import BacktestSettings
from scripts.backtest.state import State
from streams.index.memory import MemoryIndex

SETTINGS_FILE = "run.json"
CHECKPOINT_FILE = "checkpoint.pickle"


class OtherRunError(OperatorError):
    """The directory holds another run."""

    exit_code = 2


@dataclass(kw_only=True)
class Checkpoint:
    """Everything but the sorted history, and an index in Valkey, which are files of their own beside it."""

    done: int
    """Rows, in event-time order."""
    state: State
    served: ServedModel | None
    """What scores; None is the policy's scorecard."""
    anomaly: AnomalyState
    learning: LearningState
    planned: list[Learnt]
    """What was learned for rows that are still to come, and what scores those."""
    index: MemoryIndex | None
    seconds: float
    """What it took so far."""


def refuse_others(directory: Path, settings: BacktestSettings) -> None:
    """Raises OtherRunError when the directory is another run's."""
    file = directory / SETTINGS_FILE
    differing = _differing(file.read_bytes(), settings) if file.exists() else []
    if differing:
        raise OtherRunError(
            f"{directory} holds another run (not as here: {', '.join(differing)}); choose another --out, or delete it"
        )


def claim(directory: Path, settings: BacktestSettings) -> None:
    """Make the directory this run's."""
    (directory / SETTINGS_FILE).write_bytes(json.format(json.encode(settings), indent=2) + b"\n")


def write_checkpoint(checkpoint: Checkpoint, work: Path) -> None:
    """Write it whole or not at all."""
    unfinished = work / f"{CHECKPOINT_FILE}.unfinished"
    with unfinished.open("wb") as file:
        pickle.dump(checkpoint, file, protocol=pickle.HIGHEST_PROTOCOL)
    unfinished.replace(work / CHECKPOINT_FILE)


def read_checkpoint(work: Path) -> Checkpoint | None:
    """The checkpoint, which is used up by that: what follows changes files beside it. None when there is none."""
    file = work / CHECKPOINT_FILE
    if not file.exists():
        return None
    gc.disable()  # millions of objects come at once, none of them garbage
    try:
        with file.open("rb") as opened:
            found = pickle.load(opened)  # noqa: S301 - see above
    finally:
        gc.enable()
    assert isinstance(found, Checkpoint)  # noqa: S101 - written above
    return found


def _differing(written: bytes, settings: BacktestSettings) -> list[str]:
    there = json.decode(written)
    here = json.decode(json.encode(settings))
    return [name.replace("_", " ") for name in here if there.get(name) != here[name]]
