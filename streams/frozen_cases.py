"""A case as bytes, for the local store. Names of features and categories, alike in most cases, are kept once."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from msgspec import Struct, msgpack

from models.labelling import Case, Frozen, Known, Told


class _Decision(Struct, array_like=True, gc=False):
    """`Frozen`, with the keys of its names."""

    event_id: str
    decision_id: str
    occurred_ms: int
    degraded: bool
    features: bytes
    feature_values: list[float | None]
    categories: bytes
    category_values: list[str | None]
    anomaly: float | None
    fraud_score: float
    model: str | None
    control_probability: float | None


class _Stored(Struct, array_like=True, gc=False):
    since_ms: int
    known: tuple[Known, ...]
    told: Told | None
    decision: _Decision | None


class CaseCodec:
    """Cases to bytes and back. `names_of` gives the names that were kept under a key."""

    def __init__(self, names_of: Callable[[bytes], bytes]) -> None:
        self._names_of = names_of
        self._names: dict[bytes, tuple[str, ...]] = {}
        self._keys: dict[tuple[str, ...], bytes] = {}
        self._new: list[tuple[bytes, bytes]] = []
        self._decoder = msgpack.Decoder(_Stored)

    def encode(self, case: Case) -> bytes:
        """The bytes of a case; `take_new_names` then has what must be kept with it."""
        frozen = case.frozen
        decision = None
        if frozen is not None:
            decision = _Decision(
                frozen.event_id,
                frozen.decision_id,
                frozen.occurred_ms,
                frozen.degraded,
                self._key_of(tuple(frozen.features)),
                list(frozen.features.values()),
                self._key_of(tuple(frozen.categories)),
                list(frozen.categories.values()),
                frozen.anomaly,
                frozen.fraud_score,
                frozen.model,
                frozen.control_probability,
            )
        return msgpack.encode(_Stored(case.since_ms, case.known, case.told, decision))

    def decode(self, stored: bytes) -> Case:
        """The case again. Raises msgspec.DecodeError."""
        found = self._decoder.decode(stored)
        decision = found.decision
        frozen = None
        if decision is not None:
            frozen = Frozen(
                event_id=decision.event_id,
                decision_id=decision.decision_id,
                occurred_ms=decision.occurred_ms,
                degraded=decision.degraded,
                features=dict(zip(self._names_by(decision.features), decision.feature_values, strict=True)),
                categories=dict(zip(self._names_by(decision.categories), decision.category_values, strict=True)),
                anomaly=decision.anomaly,
                fraud_score=decision.fraud_score,
                model=decision.model,
                control_probability=decision.control_probability,
            )
        return Case(since_ms=found.since_ms, frozen=frozen, known=found.known, told=found.told)

    def take_new_names(self) -> list[tuple[bytes, bytes]]:
        """(key, names) that the cases encoded since need and that have not been taken yet."""
        new, self._new = self._new, []
        return new

    def _key_of(self, names: tuple[str, ...]) -> bytes:
        key = self._keys.get(names)
        if key is None:
            encoded = msgpack.encode(names)
            key = self._keys[names] = blake2b(encoded, digest_size=8).digest()
            self._names[key] = names
            self._new.append((key, encoded))
        return key

    def _names_by(self, key: bytes) -> tuple[str, ...]:
        names = self._names.get(key)
        if names is None:
            names = self._names[key] = msgpack.decode(self._names_of(key), type=tuple[str, ...])
        return names
