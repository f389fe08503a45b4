"""Rules compiled into one Python function: about a quarter of a microsecond a condition."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from msgspec import Struct

from models.decision import DetailValue, Effect, Reason
from models.events import Channel, Product
from models.policy.expressions import Translation

SCORE_NAMES = ("anomaly", "fraud_score")
"""What the models said: names that expressions may use beside the features."""

STRENGTH: Mapping[Effect, int] = {"note": 0, "review": 1, "reject": 2}
"""A stronger effect wins over a weaker one."""

Value = str | float | None
Hit = tuple[int, tuple[Value, ...]]


class RuleInput(Struct, frozen=True, kw_only=True, gc=False):
    """What conditions look at."""

    features: Mapping[str, float | None]
    channel: Channel | None
    product: Product | None
    anomaly: float | None
    fraud_score: float


class Condition(Struct, frozen=True):
    """A checked condition, and the values to be told when it hits."""

    when: Translation
    values: tuple[Translation, ...] = ()


class Rule(Struct, frozen=True, kw_only=True):
    """A reason code and the condition under which it is given."""

    code: str
    effect: Effect
    condition: Condition
    details: tuple[str, ...]
    """Names of `condition.values`."""


Conditions = Callable[[RuleInput], list[Hit]]
"""RuleInput -> positions of the conditions that hit, in order, with their values."""


class RuleSet:
    """The rules of a policy, ready to run. A rule whose condition hangs on something missing does not hit, and no value
    of a feature makes a rule raise."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = sorted(rules, key=lambda rule: -STRENGTH[rule.effect])
        self._hits = compile_conditions([rule.condition for rule in self._rules])

    def run(self, given: RuleInput) -> list[Reason]:
        """The reasons for which rules hit, the strongest effects first and else in the order of the file; of several
        rules with the same code the strongest (and among equals the first) speaks."""
        reasons: dict[str, Reason] = {}
        for position, values in self._hits(given):
            rule = self._rules[position]
            if rule.code not in reasons:
                detail = {name: tidy(value) for name, value in zip(rule.details, values, strict=True)}
                reasons[rule.code] = Reason(code=rule.code, effect=rule.effect, detail=detail)
        return list(reasons.values())


def compile_conditions(conditions: Sequence[Condition]) -> Conditions:
    """One function that tests all the conditions."""
    read = [part for condition in conditions for part in (condition.when, *condition.values)]
    lines = ["def hits(given):", "    features = given.features"]
    for name in sorted({name for part in read for name in part.numbers - set(SCORE_NAMES)}):
        lines.append(f"    v_{name} = features[{name!r}]")
    for name in sorted({name for part in read for name in part.texts | part.numbers & set(SCORE_NAMES)}):
        lines.append(f"    v_{name} = given.{name}")
    lines.append("    found = []")
    for position, condition in enumerate(conditions):
        values = "".join(f"{value.source}, " for value in condition.values)
        lines.append(f"    if {condition.when.source}:")
        lines.append(f"        found.append(({position}, ({values})))")
    lines.append("    return found")
    allowed = {"__builtins__": {}, "min": min, "max": max, "abs": abs}
    namespace: dict[str, object] = {}
    # The source comes from `models.policy.expressions`, which lets nothing through but its own words.
    exec(compile("\n".join(lines), "<policy>", "exec"), allowed, namespace)  # noqa: S102
    return cast(Conditions, namespace["hits"])


def tidy(value: Value) -> DetailValue:
    """A number as a person wants to read it: whole if it is whole, else two decimals, or four below 1."""
    if value is None or isinstance(value, str):
        return value
    if not math.isfinite(value):
        return None
    if value == int(value):
        return int(value)
    return round(value, 2 if abs(value) >= 1 else 4)
