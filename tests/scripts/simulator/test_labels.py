"""Labels: later than their application, never later than now."""

from collections import Counter
from itertools import count
from random import Random

from models.events import Label
from scripts.simulator.labels import labels_of
from scripts.simulator.timeline import DAY_S

APPLIED_AT = 1_800_000_000.0


def _labels(fraud: bool, until: float, seeds: int = 400) -> list[list[Label]]:
    numbers = count(1)
    return [
        labels_of(
            "A-1",
            APPLIED_AT,
            fraud=fraud,
            until=until,
            delay_days=20,
            rng=Random(seed),
            new_id=lambda prefix: f"{prefix}-{next(numbers)}",
        )
        for seed in range(seeds)
    ]


def _days_after(label: Label) -> float:
    return (label.occurred_at.timestamp() - APPLIED_AT) / DAY_S


def test_fraud_is_confirmed_within_one_to_six_weeks_and_not_always() -> None:
    labels = _labels(True, APPLIED_AT + 1_000 * DAY_S)
    confirmed = [label for each in labels for label in each if label.kind == "confirmed_fraud"]
    assert 0.65 < len(confirmed) / len(labels) < 0.85
    assert all(7 <= _days_after(label) <= 45 for label in confirmed)
    assert {label.source for label in confirmed} == {"analyst", "collections"}


def test_honest_people_are_never_confirmed_frauds_but_some_default() -> None:
    kinds = Counter(label.kind for each in _labels(False, APPLIED_AT + 1_000 * DAY_S) for label in each)
    assert "confirmed_fraud" not in kinds
    assert kinds["first_payment_default"] > 0
    assert kinds["repaid"] > kinds["overdue"] > 0


def test_what_the_lender_would_hear_later_is_not_there() -> None:
    until = APPLIED_AT + 30 * DAY_S
    labels = [label for fraud in (True, False) for each in _labels(fraud, until) for label in each]
    assert labels
    assert all(APPLIED_AT < label.occurred_at.timestamp() < until for label in labels)


def test_a_label_of_this_very_moment_is_not_there_yet() -> None:
    label = next(label for each in _labels(True, APPLIED_AT + 1_000 * DAY_S, 1) for label in each)
    known_at = label.occurred_at.timestamp()
    earlier = [each.occurred_at for each in _labels(True, known_at - 0.001, 1)[0]]
    assert label.occurred_at not in earlier
