"""What a feature is never there without, so that extracting skips what an application cannot have: most have no more
than a third of all features, those of a history fewer still.

Nobody has to declare it. Each feature is asked about cases of which nothing can be read but that one thing is absent:
if it says that it is missing, without having read anything else, it is missing in every case without that thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from models.facts import IdentifierKind, IdentityFacts
from models.features.case import (
    NO_BEHAVIOUR,
    NO_BUREAU,
    NO_DEVICE,
    NO_LIVENESS,
    NO_OTHER,
    NO_PLACE,
    NO_TRANSACTION,
    Case,
    Value,
)
from models.features.list_summary import ABSENT_LISTS

NO_IDENTITY = IdentityFacts()

_GROUPS: dict[str, Any] = {
    "observation": None,
    "network": None,
    "lists": ABSENT_LISTS,
    "ring": None,
    "figures": None,
    "person": None,
    "device_state": None,
    "identity": NO_IDENTITY,
    "device": NO_DEVICE,
    "place": NO_PLACE,
    "liveness": NO_LIVENESS,
    "bureau": NO_BUREAU,
    "transaction": NO_TRANSACTION,
    "behaviour": NO_BEHAVIOUR,
    "other": NO_OTHER,
}
"""Attribute of `Case` -> what stands there when it is absent."""

_BIT_OF_GROUP = {name: 1 << place for place, name in enumerate(_GROUPS)}
_BIT_OF_KIND: dict[str, int] = {kind: 1 << place for place, kind in enumerate(get_args(IdentifierKind), len(_GROUPS))}
"""By identifier kind, that the index counted it."""


def needs(value: Value) -> int:
    """The things, as bits, without any of which this feature is missing."""
    return sum(bit for bit, case in _LACKING.items() if _is_missing(value, case))


def present(case: Case) -> int:
    """The things, as bits, that a case has."""
    bits = 0
    for name, absent, bit in _CHECKS:
        found = getattr(case, name)
        if found is not absent and found != absent:
            bits |= bit
    for kind in case.velocity:
        bits |= _BIT_OF_KIND[kind]
    return bits


class _ReadElsewhereError(Exception):
    """Something was read whose absence is not what is asked about."""


class _Lacking(Case):
    """A case of which can be read only what is absent."""

    def __init__(self, **absent: object) -> None:
        vars(self).update(absent)

    def __getattr__(self, name: str) -> Any:
        raise _ReadElsewhereError(name)


class _OnlyKind(dict[str, Any]):
    """No counts of one identifier kind."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def get(self, kind: str, default: Any = None) -> Any:
        if kind != self._kind:
            raise _ReadElsewhereError(kind)
        return default


def _is_missing(value: Value, case: Case) -> bool:
    try:
        return value(case) is None
    except _ReadElsewhereError:
        return False


def _lacking() -> Mapping[int, Case]:
    cases: dict[int, Case] = {_BIT_OF_GROUP[name]: _Lacking(**{name: absent}) for name, absent in _GROUPS.items()}
    for kind, bit in _BIT_OF_KIND.items():
        cases[bit] = _Lacking(velocity=_OnlyKind(kind))
    return cases


_LACKING = _lacking()
_CHECKS = tuple((name, absent, _BIT_OF_GROUP[name]) for name, absent in _GROUPS.items())
