"""Metrics that senders could grow without bound."""

from __future__ import annotations

from streams.metrics import MAX_UNKNOWN_PATHS, Metrics


def test_unknown_fields_have_a_bounded_number_of_labels() -> None:
    metrics = Metrics()
    for number in range(MAX_UNKNOWN_PATHS + 50):
        metrics.count_unknown_field("applications", f"field_{number}")
    metrics.count_unknown_field("applications", "field_0")
    value = metrics.registry.get_sample_value
    assert value("tidegate_unknown_fields_total", {"topic": "applications", "path": "field_0"}) == 2
    assert value("tidegate_unknown_fields_total", {"topic": "applications", "path": "other"}) == 50
