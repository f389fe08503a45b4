"""How unlike its predecessors an application is: river's Half-Space Trees, learning as the stream goes by.

Half-Space Trees (S. C. Tan, K. M. Ting, T. F. Liu: Fast Anomaly Detection for Streaming Data, IJCAI 2011) count in
random partitions of the unit cube; a sparse place is unusual. They need no labels. Features are scaled into [0, 1] by
fixed bounds, not by what was seen, so that one extreme value cannot squeeze all others together.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct

from models.scoring.half_space_trees import CompiledTrees, Leaves

WARM_UP = 250
"""Applications learned before it says anything: the first window of the trees."""

SEED = 20_241_124

AnomalyState = tuple[int, tuple[int, list[int], list[int] | None]]


class Scaled(Struct, frozen=True):
    """A feature and the range that is spread over [0, 1]; what lies outside is put at the nearer end."""

    name: str
    group: str
    """Features of a group are missing together; each group has an indicator."""
    low: float
    high: float
    typical: float
    """Stands in for a missing value, so that being missing is said by the group's indicator alone."""
    scale: Literal["linear", "log"] = "linear"
    """`log` spreads counts and amounts whose small differences matter most."""


SCALED: tuple[Scaled, ...] = (
    Scaled("amount_to_maximum", "application", 0, 1.2, 0.4),
    Scaled("term_months", "application", 1, 60, 12),
    Scaled("local_hour", "application", 0, 24, 14),
    Scaled("age_years", "identity", 18, 70, 33),
    Scaled("contacts_count", "contacts", 0, 6, 2),
    Scaled("device_applicants_7d", "device", 1, 20, 1, "log"),
    Scaled("id_count_30d", "index", 1, 20, 1, "log"),
    Scaled("merchant_burst_ratio", "index", 0, 30, 1, "log"),
    Scaled("linked_applications", "index", 0, 60, 1, "log"),
    Scaled("ring_applicants", "index", 1, 20, 1, "log"),
    Scaled("ip_applicants_24h", "ip", 1, 60, 1, "log"),
    Scaled("gps_cell_applicants_24h", "gps", 1, 60, 1, "log"),
    Scaled("gps_address_km", "gps", 0, 2_000, 5, "log"),
    Scaled("form_fill_ms", "form", 1_000, 1_200_000, 180_000, "log"),
    Scaled("lenders_30d", "credit", 0, 20, 1, "log"),
    Scaled("amount_to_income", "credit", 0, 24, 1, "log"),
)

COORDINATES: tuple[str, ...] = (
    *(scaled.name for scaled in SCALED),
    *dict.fromkeys(f"{scaled.group}_missing" for scaled in SCALED),
)
"""Of the unit cube."""


class AnomalyModel:
    """Unusualness of an application, 0 to 1. Small by construction: trees of fixed size, whatever it learned.

    Its answers change as it learns; whoever decides by them keeps the answer with the decision.
    """

    def __init__(self, seed: int = SEED) -> None:
        self._trees = CompiledTrees(COORDINATES, seed)
        self._learned = 0
        self._found: tuple[Mapping[str, float | None] | None, Leaves] = None, ()

    def score(self, features: Mapping[str, float | None]) -> float | None:
        """How unusual the features are; None until `WARM_UP` applications were learned."""
        if self._learned < WARM_UP:
            return None
        return round(self._trees.score(self._leaves(features)), 6)

    def learn(self, features: Mapping[str, float | None]) -> None:
        """Take the features into account from now on."""
        self._trees.learn(self._leaves(features))
        self._learned += 1

    def _leaves(self, features: Mapping[str, float | None]) -> Leaves:
        """Features are scored and then learned: the way to the leaves is gone once for both."""
        last, leaves = self._found
        if last is not features:
            leaves = self._trees.find(unit_cube(features))
            self._found = features, leaves
        return leaves

    @property
    def learned(self) -> int:
        """Applications learned so far."""
        return self._learned

    def snapshot(self) -> AnomalyState:
        """All that learning changed."""
        return self._learned, self._trees.state

    def restore(self, snapshot: AnomalyState) -> None:
        """Go on from a snapshot of a model with the same seed."""
        self._learned, state = snapshot
        self._trees.restore(state)
        self._found = None, ()

    def state_bytes(self) -> int:
        """Size of the model as it would be written into a snapshot, in bytes."""
        return len(pickle.dumps(self._trees.state))


def _compile_unit_cube() -> Callable[[Mapping[str, float | None]], tuple[float, ...]]:
    """One function for all features: several times faster than going through them."""
    lines = ["def point(features):", f"    {' = '.join(f'{scaled.group}_missing' for scaled in SCALED)} = 0.0"]
    for scaled in SCALED:
        low, span, typical = scaled.low, scaled.high - scaled.low, scaled.typical - scaled.low
        share = f"({scaled.name} - {low!r}) / {span!r}"
        if scaled.scale == "log":
            span, typical = math.log1p(span), math.log1p(typical)
            share = f"log1p({scaled.name} - {low!r}) / {span!r} if {scaled.name} > {low!r} else 0.0"
        lines += [
            f"    {scaled.name} = features[{scaled.name!r}]",
            f"    if {scaled.name} is None:",
            f"        {scaled.name} = {typical / span!r}",
            f"        {scaled.group}_missing = 1.0",
            "    else:",
            f"        {scaled.name} = {share}",
            f"        if not 0.0 <= {scaled.name} <= 1.0:",
            f"            {scaled.name} = 0.0 if {scaled.name} < 0.0 else 1.0",
        ]
    lines.append(f"    return ({', '.join(COORDINATES)})")
    words: dict[str, Any] = {"__builtins__": {}, "log1p": math.log1p}
    # The source is made of our own words and of numbers' reprs alone.
    exec(compile("\n".join(lines), "<unit cube>", "exec"), words)  # noqa: S102
    compiled: Callable[[Mapping[str, float | None]], tuple[float, ...]] = words["point"]
    return compiled


unit_cube = _compile_unit_cube()
"""Features -> their point of the unit cube, by `COORDINATES`: the scaled ones, and 1 or 0 for each group that has a
missing value or not."""
