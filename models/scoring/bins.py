"""Points for features by bins: what the scorecard and the variable scores are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

Points = Callable[[Mapping[str, float | None]], list[float]]
"""Features -> the points of each binned feature, in order. A feature that is not in the mapping is missing."""


class BinnedFeature(Struct, frozen=True, forbid_unknown_fields=True):
    """A feature's bins: `points[i]` is for values from `edges[i - 1]` up to but not including `edges[i]`, so a value
    at an edge is in the bin above it."""

    name: str
    edges: tuple[float, ...]
    points: tuple[float, ...]
    missing: float = 0.0
    """Points of a missing value; 0 is neutral."""

    def __post_init__(self) -> None:
        if not self.edges:
            raise ValueError(f"{self.name}: needs at least one edge")
        if not all(math.isfinite(number) for number in (*self.edges, *self.points, self.missing)):
            raise ValueError(f"{self.name}: edges and points must be finite")
        if any(lower >= upper for lower, upper in pairwise(self.edges)):
            raise ValueError(f"{self.name}: the edges must rise")
        if len(self.points) != len(self.edges) + 1:
            raise ValueError(
                f"{self.name}: {len(self.edges)} edges make {len(self.edges) + 1} bins; points has {len(self.points)}"
            )


def compile_points(binned: Sequence[BinnedFeature]) -> Points:
    """One function for all the bins: several times faster than looking each of them up."""
    lines = ["def points(features):", "    get = features.get"]
    for position, feature in enumerate(binned):
        lines.append(f"    v{position} = get({feature.name!r})")
    choices = [_choice(feature, f"v{position}") for position, feature in enumerate(binned)]
    lines.append(f"    return [{', '.join(choices)}]")
    namespace: dict[str, Points] = {}
    # The source is made of our own words and of numbers' and strings' reprs alone.
    exec(compile("\n".join(lines), "<bins>", "exec"), {"__builtins__": {}}, namespace)  # noqa: S102
    return namespace["points"]


def _choice(feature: BinnedFeature, value: str) -> str:
    bins = " ".join(
        f"{points!r} if {value} < {edge!r} else"
        for points, edge in zip(feature.points[:-1], feature.edges, strict=True)
    )
    return f"{feature.missing!r} if {value} is None else {bins} {feature.points[-1]!r}"
