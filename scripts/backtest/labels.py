"""Labels on their way: what was seen of a row when it was scored, kept until its label becomes known."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from operator import itemgetter
from typing import NamedTuple

from msgspec import msgpack

from models.learning.protocol import Example

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_decoder = msgpack.Decoder(list[float | None])


class Seen(NamedTuple):
    """A scored row whose label is to come; ordered by when that is, then by its place in event-time order."""

    known_ms: int
    position: int
    """In event-time order."""
    application_id: str
    occurred_ms: int
    fraud: bool
    usual: bool | None
    features: bytes
    """Packed: see `PendingLabels.pack`."""
    categories: tuple[str | None, ...]
    anomaly: float | None
    fraud_score: float
    model: str


class PendingLabels:
    """A row costs about a kilobyte here: only features that a row of this history ever had are kept."""

    def __init__(self) -> None:
        self._in_order: deque[Seen] = deque()
        """Labels mostly become known in the order of their rows; `_heap`: those that do not."""
        self._heap: list[Seen] = []
        self._names: list[str] = []
        """Features that a row has had so far, in the order of their values in `Seen.features`; `_places`: where each is
        among all."""
        self._places: list[int] = []
        self._absent: list[tuple[int, str]] | None = None
        """Those that no row has had so far."""
        self._pick, self._pick_absent = _values_at([]), _values_at([])
        self._categories: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self._in_order) + len(self._heap)

    def pack(self, features: dict[str, float | None]) -> bytes:
        """Features in little room. All rows of a history have the same names in the same order."""
        values = list(features.values())
        if self._absent is None:
            self._notice(list(enumerate(features)), values)
        elif self._pick_absent(values).count(None) < len(self._absent):
            self._notice(self._absent, values)
        return msgpack.encode(self._pick(values))

    def _notice(self, absent: list[tuple[int, str]], values: list[float | None]) -> None:
        """Some of the features that were `absent` so far may be there."""
        there = [(place, name) for place, name in absent if values[place] is not None]
        self._names += [name for _, name in there]
        self._places += [place for place, _ in there]
        self._absent = [(place, name) for place, name in absent if values[place] is None]
        self._pick, self._pick_absent = _values_at(self._places), _values_at([place for place, _ in self._absent])

    def add(self, seen: Seen, categories: dict[str, str | None]) -> None:
        """Keep a row, whose `categories` hold values only, until its label is known."""
        self._categories = tuple(categories)
        if not self._in_order or seen > self._in_order[-1]:
            self._in_order.append(seen)
        else:
            heappush(self._heap, seen)

    def due(self, now_ms: int) -> Iterator[Seen]:
        """Take out what is known by now, in the order in which it became known."""
        in_order, heap = self._in_order, self._heap
        while in_order and in_order[0].known_ms <= now_ms:
            yield heappop(heap) if heap and heap[0] < in_order[0] else in_order.popleft()
        while heap and heap[0].known_ms <= now_ms:
            yield heappop(heap)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the values in `Seen.features`; those of a row may be fewer, when others came later."""
        return tuple(self._names)

    @property
    def categories(self) -> tuple[str, ...]:
        """Of the values in `Seen.categories`."""
        return self._categories


def _values_at(places: Sequence[int]) -> Callable[[list[float | None]], tuple[float | None, ...]]:
    """Takes the values at these places out of a list."""
    return itemgetter(*places) if len(places) > 1 else partial(_few_values, tuple(places))


def _few_values(places: Sequence[int], values: list[float | None]) -> tuple[float | None, ...]:
    return tuple(values[place] for place in places)


def example(seen: Seen, names: Sequence[str], categories: Sequence[str]) -> Example:
    """What the models learn: features that no row has had are left out, which models take as missing, at less cost.
    All labels of a history are known, whatever would have been decided: none stands for others."""
    values = _decoder.decode(seen.features)
    return Example(
        example_id=f"{seen.application_id}:label",
        application_id=seen.application_id,
        event_id=seen.application_id,
        occurred_at=_moment(seen.occurred_ms),
        known_at=_moment(seen.known_ms),
        fraud=seen.fraud,
        features=dict(zip(names, values, strict=False)),
        categories=dict(zip(categories, seen.categories, strict=True)),
        anomaly=seen.anomaly,
        fraud_score=seen.fraud_score,
        model=seen.model,
    )


def _moment(epoch_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=epoch_ms)
