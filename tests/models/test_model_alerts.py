"""The alerts about models: one for each situation, whoever meets it."""

from __future__ import annotations

from msgspec.structs import replace

from models.model_alerts import promoted_alert, refused_alert
from models.published import ModelVersionRecord
from tests.builders import NOON_MS, moment

RECORD = ModelVersionRecord(
    name="fraud",
    sequence=2,
    version="trees-1-aaaaaaaa",
    snapshot="serving/trees-1-aaaaaaaa.snapshot",
    activated_at=moment(NOON_MS),
    change="promotion",
    reason="It ranks better.",
    by="learner",
    trained_examples=900,
    previous_version="scorecard",
    metrics={"p_value": 0.01},
)


def test_a_promotion_says_what_took_whose_place_and_by_what_evidence() -> None:
    alert = promoted_alert(RECORD)
    assert (alert.kind, alert.subject.id, alert.raised_at) == ("MODEL_PROMOTED", RECORD.version, RECORD.activated_at)
    assert "trees-1-aaaaaaaa" in alert.summary
    assert "scorecard" in alert.summary
    assert "It ranks better." in alert.summary
    assert (alert.evidence["p_value"], alert.evidence["trained_examples"]) == (0.01, 900)


def test_each_announcement_is_an_alert_of_its_own() -> None:
    assert promoted_alert(RECORD).alert_id == promoted_alert(RECORD).alert_id
    assert promoted_alert(RECORD).alert_id != promoted_alert(replace(RECORD, sequence=3)).alert_id


def test_workers_that_refuse_the_same_model_raise_the_same_alert() -> None:
    first = refused_alert("trees-1-aaaaaaaa", "the signature does not verify", "scorecard", moment(NOON_MS))
    second = refused_alert("trees-1-aaaaaaaa", "another key", "linear-1-cccccccc", moment(NOON_MS + 500))
    assert (first.kind, first.severity) == ("DATA_ANOMALY", "critical")
    assert first.alert_id == second.alert_id
    assert first.alert_id != refused_alert("trees-2-bbbbbbbb", "", "scorecard", moment(NOON_MS)).alert_id
    assert first.evidence == {
        "version": "trees-1-aaaaaaaa", "why": "the signature does not verify", "serving": "scorecard"
    }  # fmt: skip
