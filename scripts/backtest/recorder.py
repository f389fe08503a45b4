"""What is written down of each scored row, and how the models stood week by week."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from models.decision import FeatureContribution, Verdict
from models.facts import ApplicationFacts
from scripts.backtest.columns import NEVER_MS
from scripts.backtest.run import UNKNOWN, VERDICTS, Rows, Usefulness

_NO_AMOUNT = float("nan")
_VERDICT_NUMBERS = {verdict: number for number, verdict in enumerate(VERDICTS)}


class Recorder:
    """Grows by a row at a time; about 60 bytes each, and what distinct entities there are."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self._row, self._occurred_ms, self._known_ms = array("q"), array("q"), array("q")
        self._fraud_score, self._amount = array("d"), array("d")
        self._decision, self._label = array("b"), array("b")
        self._entities = {kind: array("q") for kind in kinds}
        self._numbers: dict[str, dict[str, int]] = {kind: {} for kind in kinds}
        self._moved: dict[str, list[float]] = {}
        self._explained = 0

    def __len__(self) -> int:
        return len(self._row)

    def add(self, facts: ApplicationFacts, fraud: bool | None, known_ms: int, score: float, verdict: Verdict) -> None:
        """A row that was scored."""
        self._row.append(int(facts.application_id))
        self._occurred_ms.append(facts.occurred_ms)
        self._known_ms.append(NEVER_MS if fraud is None else known_ms)
        self._fraud_score.append(score)
        self._decision.append(_VERDICT_NUMBERS[verdict])
        self._label.append(UNKNOWN if fraud is None else fraud)
        self._amount.append(_NO_AMOUNT if facts.amount_cny is None else facts.amount_cny)
        tokens: dict[str, str] = {identifier.kind: identifier.token for identifier in facts.identifiers}
        for kind, column in self._entities.items():
            token = tokens.get(kind)
            numbers = self._numbers[kind]
            column.append(-1 if token is None else numbers.setdefault(token, len(numbers)))

    def explain(self, contributions: Iterable[FeatureContribution]) -> None:
        """What made the score of one of the rows."""
        self._explained += 1
        for each in contributions:
            sums = self._moved.setdefault(each.name, [0.0, 0.0])
            sums[0] += abs(each.contribution)
            sums[1] += each.contribution

    def rows(self) -> Rows:
        """All that was recorded."""
        return Rows(
            row=_copied(self._row, np.int64),
            occurred_ms=_copied(self._occurred_ms, np.int64),
            known_ms=_copied(self._known_ms, np.int64),
            fraud_score=_copied(self._fraud_score, np.float64),
            decision=_copied(self._decision, np.int8),
            label=_copied(self._label, np.int8),
            amount_cny=_copied(self._amount, np.float64),
            entities={kind: _copied(column, np.int64) for kind, column in self._entities.items()},
        )

    def usefulness(self) -> list[Usefulness]:
        """Features by how far they moved scores, the furthest first."""
        means = [
            Usefulness(
                name=name,
                mean_absolute_contribution=absolute / self._explained,
                mean_contribution=signed / self._explained,
            )
            for name, (absolute, signed) in self._moved.items()
        ]
        return sorted(means, key=lambda each: (-each.mean_absolute_contribution, each.name))


def _copied(values: array[Any], dtype: type) -> Any:
    return np.array(values, dtype=dtype)
