"""JSON without a type, for records that are not as the contract says: is it JSON at all, and if not, why."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec

MAX_NESTING = 32
"""Objects and lists inside each other. The contract's records need 4."""

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_NOT_FINITE = object()


class NotJsonError(Exception):
    """The bytes are not JSON, or JSON nested deeper than MAX_NESTING. The message quotes none of them."""


class NotFiniteError(Exception):
    """JSON but for a number that is NaN, infinite or too large for a float. `path` is its field."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def parse(raw: bytes) -> Any:
    """The JSON value in `raw`. Raises NotJsonError or NotFiniteError."""
    try:
        tree = msgspec.json.decode(raw)
    except RecursionError:
        raise NotJsonError("Nested too deeply") from None
    except UnicodeDecodeError:
        raise NotJsonError("Not UTF-8") from None
    except msgspec.DecodeError as error:
        if path := _path_of_not_finite(raw):
            raise NotFiniteError(path) from None
        raise NotJsonError(str(error)) from None
    if _nested_deeper(tree, MAX_NESTING):
        raise NotJsonError(f"Nested deeper than {MAX_NESTING} levels")
    return tree


def plain_name(name: str) -> str:
    """A field's name if it is a plain identifier, else `?`: a name that upstream made of data must not be shown."""
    return name if _PLAIN_NAME.fullmatch(name) else "?"


def _path_of_not_finite(raw: bytes) -> str | None:
    """Where the first number that is not finite stands, when such numbers are all that keeps `raw` from being JSON."""
    try:
        tree = json.loads(
            raw.decode(),
            parse_constant=lambda _: _NOT_FINITE,
            parse_float=_finite,
            parse_int=_finite,
        )
    except (ValueError, RecursionError):
        return None
    if _nested_deeper(tree, MAX_NESTING):
        return None
    return next(_paths(tree, _NOT_FINITE, ""), None)


def _finite(digits: str) -> object:
    number = float(digits)
    return number if math.isfinite(number) else _NOT_FINITE


def _paths(tree: Any, wanted: object, path: str) -> Iterator[str]:
    """Paths of every place in `tree` where `wanted` stands."""
    if tree is wanted:
        yield path.removeprefix(".") or "$"
    elif isinstance(tree, dict):
        for name, inner in tree.items():
            yield from _paths(inner, wanted, f"{path}.{plain_name(name)}")
    elif isinstance(tree, list):
        for position, inner in enumerate(tree):
            yield from _paths(inner, wanted, f"{path}[{position}]")


def _nested_deeper(tree: Any, levels: int) -> bool:
    """Whether containers stand inside each other more than `levels` times. Needs no stack, whatever the depth."""
    level = [tree]
    for _ in range(levels):
        inner: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                inner.extend(each for each in node.values() if isinstance(each, dict | list))
            elif isinstance(node, list):
                inner.extend(each for each in node if isinstance(each, dict | list))
        if not inner:
            return False
        level = inner
    return True
