"""The partition of a key: where every Kafka client puts it, by murmur2 (`org.apache.kafka.common.utils.Utils`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from aiokafka.partitioner import DefaultPartitioner
from numpy.typing import NDArray

TOGETHER_MIN = 32
"""So many keys of one length are hashed together; fewer cost less one by one (5 us each, in plain Python)."""

_SEED, _FACTOR, _SHIFT = 0x9747B28C, np.uint32(0x5BD1E995), 24
_partitioner = DefaultPartitioner()


@lru_cache(maxsize=4_096)
def partition_of(key: bytes, partitions: tuple[int, ...]) -> int:
    """The partition of one key. A decision and its audit record have the same."""
    return int(_partitioner(key, partitions, partitions))


def partitions_of(keys: Sequence[bytes], partitions: tuple[int, ...]) -> list[int]:
    """The partition of each key, in order."""
    by_length: dict[int, list[int]] = {}
    for at, key in enumerate(keys):
        by_length.setdefault(len(key), []).append(at)
    found = [0] * len(keys)
    for length, places in by_length.items():
        if len(places) < TOGETHER_MIN or not length:
            for at in places:
                found[at] = partition_of(keys[at], partitions)
        else:
            hashes = _murmur2(b"".join([keys[at] for at in places]), length)
            for at, number in zip(places, ((hashes & 0x7FFFFFFF) % len(partitions)).tolist(), strict=True):
                found[at] = partitions[number]
    return found


def _murmur2(data: bytes, length: int) -> NDArray[np.uint32]:
    """Of keys of that many bytes, one behind the other; arithmetic modulo 2**32."""
    keys = np.frombuffer(data, np.uint8).reshape(-1, length)
    whole = length - length % 4
    hashes = np.full(len(keys), _SEED ^ length, np.uint32)
    for word in np.ascontiguousarray(keys[:, :whole]).view("<u4").T:
        mixed = word * _FACTOR
        mixed ^= mixed >> _SHIFT
        hashes *= _FACTOR
        hashes ^= mixed * _FACTOR
    for at in range(whole, length):
        hashes ^= keys[:, at].astype(np.uint32) << 8 * (at - whole)
    if whole < length:
        hashes *= _FACTOR
    hashes ^= hashes >> 13
    hashes *= _FACTOR
    hashes ^= hashes >> 15
    return hashes
