"""When applications wait for the link index, and the one alert of an outage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models.alerts import Alert
from streams.breaker import APPLICATIONS_IN_ALERT, OPEN_AFTER, SAME_OUTAGE, Breaker
from streams.metrics import Metrics

START = datetime(2026, 11, 24, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def breaker() -> Breaker:
    return Breaker(Metrics())


def fail(breaker: Breaker, times: int, now: datetime = START) -> None:
    for _ in range(times):
        breaker.failed(now)


def raised(breaker: Breaker, now: datetime = START) -> Alert:
    alert = breaker.alert(now)
    assert alert is not None
    return alert


def test_failures_in_a_row_open_it(breaker: Breaker) -> None:
    fail(breaker, OPEN_AFTER - 1)
    assert breaker.closed
    fail(breaker, 1)
    assert breaker.state == "open"


def test_a_success_in_between_starts_the_count_anew(breaker: Breaker) -> None:
    fail(breaker, OPEN_AFTER - 1)
    breaker.answered(START)
    fail(breaker, OPEN_AFTER - 1)
    assert breaker.closed


def test_a_probe_that_is_answered_closes_it(breaker: Breaker) -> None:
    fail(breaker, OPEN_AFTER)
    breaker.probing()
    assert breaker.state == "half_open"
    assert not breaker.closed
    breaker.answered(START)
    assert breaker.closed


def test_a_probe_that_fails_opens_it_again_at_once(breaker: Breaker) -> None:
    fail(breaker, OPEN_AFTER)
    breaker.probing()
    fail(breaker, 1)
    assert breaker.state == "open"


def test_a_probe_of_a_closed_one_changes_nothing(breaker: Breaker) -> None:
    breaker.probing()
    assert breaker.closed


def test_an_outage_raises_one_alert_since_its_first_failure(breaker: Breaker) -> None:
    breaker.failed(START)
    breaker.unseen(["A-1"])
    assert breaker.alert(START) is None
    fail(breaker, OPEN_AFTER - 1, START + SECOND)
    breaker.unseen(["A-2", "A-3"])
    alert = raised(breaker, START + 2 * SECOND)
    assert (alert.kind, alert.applications, alert.raised_at) == ("DEGRADED", ["A-1", "A-2", "A-3"], START + 2 * SECOND)
    assert alert.evidence["since"] == START.isoformat()
    fail(breaker, 1, START + timedelta(hours=1))
    assert breaker.alert(START + timedelta(hours=1)) is None


def test_a_closed_breaker_raises_no_alert(breaker: Breaker) -> None:
    fail(breaker, OPEN_AFTER)
    breaker.answered(START)
    assert breaker.alert(START) is None


def test_the_next_outage_raises_another(breaker: Breaker) -> None:
    fail(breaker, OPEN_AFTER)
    breaker.unseen(["A-1"])
    first = raised(breaker)
    breaker.answered(START + SECOND)
    fail(breaker, OPEN_AFTER, START + SECOND + SAME_OUTAGE)
    breaker.unseen(["A-2"])
    second = raised(breaker)
    assert first.alert_id != second.alert_id
    assert second.applications == ["A-2"]


def test_an_index_that_flaps_within_a_minute_is_one_outage(breaker: Breaker) -> None:
    fail(breaker, OPEN_AFTER)
    raised(breaker)
    breaker.answered(START + SECOND)
    fail(breaker, OPEN_AFTER, START + SECOND + SAME_OUTAGE - timedelta(milliseconds=1))
    assert not breaker.closed
    assert breaker.alert(START) is None


@pytest.mark.parametrize("excess", [0, 1])
def test_an_alert_names_the_first_applications(breaker: Breaker, excess: int) -> None:
    fail(breaker, OPEN_AFTER)
    breaker.unseen([f"A-{number}" for number in range(APPLICATIONS_IN_ALERT - 1)])
    breaker.unseen(["last", "too many"][: 1 + excess])
    named = raised(breaker).applications
    assert (len(named), named[-1]) == (APPLICATIONS_IN_ALERT, "last")


def test_the_metrics_follow() -> None:
    metrics = Metrics()
    breaker = Breaker(metrics)

    def shown(state: str) -> float | None:
        return metrics.registry.get_sample_value("tidegate_index_breaker", {"tidegate_index_breaker": state})

    assert (metrics.registry.get_sample_value("tidegate_index_up"), shown("closed")) == (1, 1)
    fail(breaker, OPEN_AFTER)
    assert (metrics.registry.get_sample_value("tidegate_index_up"), shown("closed"), shown("open")) == (0, 0, 1)
    breaker.probing()
    assert (metrics.registry.get_sample_value("tidegate_index_up"), shown("half_open")) == (0, 1)
    breaker.answered(START)
    assert (metrics.registry.get_sample_value("tidegate_index_up"), shown("closed")) == (1, 1)
