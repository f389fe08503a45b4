"""All features of a case told in one function, which is made from their declarations: several times faster than asking
for one after the other. Most features are what one part of the case says as it is, such as the age in its identity or
the count of a window, and need no call of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from models.facts import IdentifierKind
from models.features.case import Case, Value

Features = dict[str, float | None]
Tell = Callable[[Any, Features], None]
"""Puts what is told, and what of it is not missing, into the features."""


class Told:
    """A `Value` that is an `expression` of a part of the case: `Told("identity", "age_years")`. Missing when the part
    is missing."""

    def __init__(self, part: str, expression: str, form: str = "value") -> None:
        """`part` is an attribute of the case; `expression` what comes behind `part.` in Python; `form` what becomes of
        it when it is not missing, as an expression of `value` and `part`."""
        self.part = part
        self.expression = expression
        self.form = form
        # The source is our own words alone, here and below.
        read = f"lambda part: None if (value := part.{expression}) is None else {form}"
        self._read = eval(read, {"__builtins__": {}})  # noqa: S307

    def __call__(self, case: Case) -> float | None:
        part = self.of(case)
        return None if part is None else self._read(part)

    def of(self, case: Case) -> Any:
        """The part of this case; None is missing."""
        return getattr(case, self.part)


class Counted(Told):
    """What is told by the counts of the identifier kind `part`: a number, where there are counts."""

    def __init__(self, part: IdentifierKind, expression: str) -> None:
        super().__init__(part, expression)

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


def told_together(values: Iterable[tuple[str, Value]], absent: Mapping[str, object]) -> Tell:
    """One function of a case for features by their names. `absent` has what stands for a part that is not there, if not
    None, by the part's name: it has nothing to tell."""
    parts: defaultdict[str, list[str]] = defaultdict(list)
    asked: list[str] = []
    words: dict[str, object] = {"__builtins__": {}, "float": float}
    for name, value in values:
        if isinstance(value, Told):
            counted = isinstance(value, Counted)
            found = f"case.velocity.get({value.part!r})" if counted else f"case.{value.part}"
            if counted:
                parts[found].append(f"    features[{name!r}] = float(part.{value.expression})")
            else:
                parts[found] += _lines(name, f"part.{value.expression}", value.form)
        else:
            words[f"of_{name}"] = value
            asked += _lines(name, f"of_{name}(case)")
    lines = ["def tell(case, features):"]
    for found, told in parts.items():
        there = "part is not None"
        part = found.removeprefix("case.")
        if part in absent:
            words[f"no_{part}"] = absent[part]
            there = f"part is not no_{part}"
        lines += [f"    part = {found}", f"    if {there}:", *(f"    {line}" for line in told)]
    return _made([*lines, *asked], words)


def fields_told(fields: Iterable[tuple[str, str]]) -> Tell:
    """One function for features by their names, each a field of what it is given."""
    lines = [line for name, field in fields for line in _lines(name, f"case.{field}")]
    return _made(["def tell(case, features):", *lines], {"__builtins__": {}, "float": float})


def _lines(name: str, source: str, form: str = "value") -> list[str]:
    return [f"    value = {source}", "    if value is not None:", f"        features[{name!r}] = float({form})"]


def _made(lines: list[str], words: dict[str, Any]) -> Tell:
    exec(compile("\n".join(lines), "<features>", "exec"), words)  # noqa: S102
    tell: Tell = words["tell"]
    return tell
