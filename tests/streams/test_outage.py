"""One alert an outage of the link index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from streams.metrics import Metrics
from streams.outage import SAME_OUTAGE, IndexWatch

START = datetime(2026, 11, 24, tzinfo=UTC)


def test_an_outage_raises_one_alert_however_often_the_index_fails() -> None:
    watch = IndexWatch(Metrics())
    alert = watch.failed(START, ["A-1"])
    assert alert is not None
    assert (alert.kind, alert.applications) == ("DEGRADED", ["A-1"])
    assert watch.failed(START + timedelta(hours=1), ["A-2"]) is None
    assert watch.down


def test_the_next_outage_raises_another() -> None:
    watch = IndexWatch(Metrics())
    first = watch.failed(START, ["A-1"])
    watch.answered(START + timedelta(seconds=10))
    assert not watch.down
    second = watch.failed(START + timedelta(seconds=10) + SAME_OUTAGE, ["A-2"])
    assert first is not None
    assert second is not None
    assert first.alert_id != second.alert_id


def test_an_index_that_flaps_within_a_minute_is_one_outage() -> None:
    watch = IndexWatch(Metrics())
    watch.failed(START, ["A-1"])
    watch.answered(START + timedelta(seconds=10))
    assert watch.failed(START + timedelta(seconds=10) + SAME_OUTAGE - timedelta(milliseconds=1), ["A-2"]) is None
    assert watch.down


def test_the_metric_follows() -> None:
    metrics = Metrics()
    watch = IndexWatch(metrics)
    assert metrics.registry.get_sample_value("tidegate_index_up") == 1
    watch.failed(START, [])
    assert metrics.registry.get_sample_value("tidegate_index_up") == 0
    watch.answered(START)
    assert metrics.registry.get_sample_value("tidegate_index_up") == 1
