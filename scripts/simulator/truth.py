"""The truth file: what each simulated application really is, as JSON Lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from config.errors import OperatorError
from scripts.simulator.records import GroundTruth, TimedRecord


def write_truth(stream: Iterable[TimedRecord], path: Path) -> Iterator[TimedRecord]:
    """Passes the stream on, and writes each application's line before it yields it: who sees an application on Kafka
    finds its truth in the file. Replaces the file. Raises OperatorError when it cannot be made.
    """
    encoder = msgspec.json.Encoder()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("wb", buffering=0)
    except OSError as error:
        raise OperatorError(f"The truth file cannot be made: {error}") from error
    with file:
        for record in stream:
            if record.truth is not None:
                file.write(encoder.encode(record.truth) + b"\n")
            yield record


def read_truth(path: Path) -> list[GroundTruth]:
    """The lines of a truth file. Raises msgspec.ValidationError when a line is not a ground truth."""
    return msgspec.json.Decoder(GroundTruth).decode_lines(path.read_bytes())
