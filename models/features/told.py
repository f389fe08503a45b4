"""Features that one part of a case tells as they are, such as the age in its identity or the count of a window: most
features are. `extract` has a part tell all of its features in one function, which is several times faster than asking
for one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from models.facts import IdentifierKind
from models.features.case import Case

Features = dict[str, float | None]
Tell = Callable[[Any, Features], None]
"""Puts what a part tells, and what of it is not missing, into the features."""


class Told:
    """A `Value` that is an `expression` of a part of the case: `Told("identity", "age_years")`. Missing when the part
    is missing."""

    def __init__(self, part: str, expression: str) -> None:
        """`part` is an attribute of the case; `expression` what comes behind `part.` in Python."""
        self.part = part
        self.expression = expression
        # The source is our own words alone, here and below.
        self._read = eval(f"lambda part: part.{expression}", {"__builtins__": {}})  # noqa: S307

    def __call__(self, case: Case) -> float | None:
        part = self.of(case)
        return None if part is None else self._read(part)

    def of(self, case: Case) -> Any:
        """The part of this case; None is missing."""
        return getattr(case, self.part)


class Counted(Told):
    """What is told by the counts of the identifier kind `part`."""

    def of(self, case: Case) -> Any:
        """See `Told`."""
        return case.velocity.get(self.part)


def as_phone(kind: IdentifierKind, window: int) -> Counted:
    """Distinct other applicants who use the same number in the other role in the window: see `Velocity.as_phone`."""
    return Counted(kind, f"as_phone[{window}]")


def applications(kind: IdentifierKind, window: int) -> Counted:
    """Applications with the same identifier of that kind in the window, this one included."""
    return Counted(kind, f"counts[{window}]")


def applicants(kind: IdentifierKind, window: int) -> Counted:
    """Distinct applicants with the same identifier of that kind in the window, this one included."""
    return Counted(kind, f"applicants[{window}]")


def told_together(expressions: Iterable[tuple[str, str]]) -> Tell:
    """One function for features by their names, each with its expression of the part that it is given."""
    lines = ["def tell(part, features):"]
    for name, expression in expressions:
        lines += [
            f"    value = part.{expression}",
            "    if value is not None:",
            f"        features[{name!r}] = float(value)",
        ]
    namespace: dict[str, Tell] = {}
    exec(compile("\n".join(lines), "<features>", "exec"), {"__builtins__": {}, "float": float}, namespace)  # noqa: S102
    return namespace["tell"]
