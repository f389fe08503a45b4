"""How a decision is stored in Valkey: small, because it is kept for every application for 90 days.

Deflate alone halves a decision's JSON. With a dictionary of what decisions say, and of the ids that this one must have,
an eighth is left, in 20 µs.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from msgspec import msgpack

from models.pipeline import decision_id
from streams.index.protocol import StoredResult

_LEVEL = 6
_WINDOW_BITS = -12  # raw deflate in a window of 4 KiB: enough for dictionary and decision, and quicker to set up
_MEMORY_LEVEL = 5

_COMMON = b"".join(Path(__file__).with_name("decision_phrases.txt").read_bytes().splitlines())
"""What decisions have in common, the commonest last. Stored decisions cannot be read with another one: the file never
changes without a release that says so."""

_unsettled_decoder = msgpack.Decoder(tuple[list[bytes], bytes | None])


def shrink(event_id: str, decision: bytes) -> bytes:
    """A decision, compressed. `restore` needs the same event id."""
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zdict=_dictionary(event_id))
    return compressor.compress(decision) + compressor.flush()


def unsettled(result: StoredResult) -> bytes:
    """What is kept until it is settled: that the event has claimed each of its alerts (Valkey puts right what it has
    not), alerts and audit record."""
    alerts = result.alerts
    return bytes([len(alerts)]) + b"1" * len(alerts) + msgpack.encode((alerts, result.audit))


def restore(event_id: str, stored: bytes, rest: bytes | None) -> StoredResult:
    """The result as stored: the compressed decision, and what is not settled yet: how many alerts, a `1` for each that
    its event has claimed, `unsettled`. Only claimed alerts come back."""
    decompressor = zlib.decompressobj(_WINDOW_BITS, zdict=_dictionary(event_id))
    decision = decompressor.decompress(stored) + decompressor.flush()
    if rest is None:
        return StoredResult(decision, [], None)
    alerts, audit = _unsettled_decoder.decode(rest[1 + rest[0] :])
    mine = [alert for alert, claimed in zip(alerts, claims(rest), strict=True) if claimed]
    return StoredResult(decision, mine, audit)


def claims(rest: bytes) -> list[bool]:
    """Which alerts the event has claimed."""
    return [claim == ord("1") for claim in rest[1 : 1 + rest[0]]]


def _dictionary(event_id: str) -> bytes:
    ids = f'{{"decision_id":"{decision_id(event_id)}","application_id":"","event_id":"{event_id}","decided_at":"20'
    return _COMMON + ids.encode()
