"""What a learner tells the worker that runs it, a line of JSON at a time on standard output."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import msgspec
from msgspec import Struct

from streams.metrics import Metrics


class LearnerReport(Struct, frozen=True, kw_only=True):
    """How the learner is."""

    active: bool
    """It has the partition of `training`, so it learns."""
    examples: int = 0
    lag: int = 0
    """Examples that wait."""
    quality: dict[str, dict[str, float]] = {}
    """Model -> measure -> value, on the newest labelled applications."""


def tell(report: LearnerReport) -> None:
    """Write a report for the worker. One that was killed hears nothing, and the learner ends when it sees that."""
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), msgspec.json.encode(report) + b"\n")


def hear(line: bytes, metrics: Metrics) -> None:
    """Put a report into the worker's metrics. Raises msgspec.DecodeError for anything else."""
    report = msgspec.json.decode(line, type=LearnerReport)
    metrics.learner_up.set(report.active)
    metrics.learner_examples.set(report.examples)
    metrics.learner_lag.set(report.lag)
    for model, measures in report.quality.items():
        for measure, value in measures.items():
            metrics.model_quality.labels(model, measure).set(value)
