"""What becomes of applications, and when the lender hears of it."""

from __future__ import annotations

from random import Random
from typing import Literal, NamedTuple

from models.events import Label, LabelKind
from scripts.simulator.attempts import NewId
from scripts.simulator.timeline import DAY_S, local_time

DEFAULT_DELAY_DAYS = 20.0
"""Fraud is confirmed about so many days after the application: between one and six weeks."""


_Known = tuple[LabelKind, Literal["analyst", "collections", "core", "merchant"], float, float]
"""(kind, source, earliest, latest), the times as multiples of the label delay."""


class _Fate(NamedTuple):
    weight: int
    labels: tuple[_Known, ...]


_DISBURSED: _Known = ("disbursed", "core", 0.02, 0.15)

FRAUD_FATES = (
    _Fate(45, (_DISBURSED, ("confirmed_fraud", "collections", 0.8, 2.25))),
    _Fate(30, (("confirmed_fraud", "analyst", 0.35, 1.2),)),
    _Fate(20, (_DISBURSED, ("first_payment_default", "core", 1.6, 2.0))),
    _Fate(5, (_DISBURSED,)),
)
"""A quarter of the fraud is never found out as such."""

HONEST_FATES = (
    _Fate(70, (_DISBURSED, ("repaid", "core", 4.0, 18.0))),
    _Fate(12, ()),
    _Fate(5, (_DISBURSED, ("overdue", "core", 1.6, 4.0), ("repaid", "core", 4.5, 18.0))),
    _Fate(2, (_DISBURSED, ("overdue", "core", 1.6, 2.5), ("collection_contact", "collections", 2.5, 3.0))),
    _Fate(3, (_DISBURSED, ("first_payment_default", "core", 1.6, 2.0))),
    _Fate(5, (("confirmed_legitimate", "analyst", 0.1, 0.5), _DISBURSED)),
    _Fate(3, (_DISBURSED, ("refunded", "merchant", 0.2, 1.0))),
)
"""Some honest people never took the money, some do not pay: that is credit risk, not fraud."""


def labels_of(
    application_id: str, at: float, *, fraud: bool, until: float, delay_days: float, rng: Random, new_id: NewId
) -> list[Label]:
    """The labels of one application made at `at`, as far as they are known before `until` (seconds since the epoch)."""
    fates = FRAUD_FATES if fraud else HONEST_FATES
    fate = rng.choices(fates, [each.weight for each in fates])[0]
    labels = []
    for kind, source, earliest, latest in fate.labels:
        known_at = at + rng.uniform(earliest, latest) * delay_days * DAY_S
        if known_at < until:
            days = rng.randint(3, 30) if kind == "overdue" else None
            analyst_id = f"analyst-{rng.randint(1, 6)}" if source == "analyst" else None
            label = Label(
                event_id=new_id("e"),
                application_id=application_id,
                occurred_at=local_time(known_at),
                kind=kind,
                source=source,
                days=days,
                analyst_id=analyst_id,
            )
            labels.append(label)
    return labels
