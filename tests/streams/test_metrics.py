"""Metrics: each tells something, and none grows without bound."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

import streams
from streams.metrics import MAX_UNKNOWN_PATHS, Metrics


def test_every_metric_is_counted_somewhere() -> None:
    package = Path(streams.__path__[0])
    code = "\n".join(path.read_text() for path in package.rglob("*.py"))
    metrics = [name for name, each in vars(Metrics()).items() if isinstance(each, MetricWrapperBase)]
    assert len(metrics) > 20
    unused = [name for name in metrics if not re.search(rf"\.{name}\.(labels|inc|set|observe|state|time)\b", code)]
    assert unused == []


def test_unknown_fields_have_a_bounded_number_of_labels() -> None:
    metrics = Metrics()
    for number in range(MAX_UNKNOWN_PATHS + 50):
        metrics.count_unknown_field("applications", f"field_{number}")
    metrics.count_unknown_field("applications", "field_0")
    value = metrics.registry.get_sample_value
    assert value("tidegate_unknown_fields_total", {"topic": "applications", "path": "field_0"}) == 2
    assert value("tidegate_unknown_fields_total", {"topic": "applications", "path": "other"}) == 50
