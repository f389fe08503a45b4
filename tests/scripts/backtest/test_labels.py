import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scripts.backtest.columns import NEVER_MS
from scripts.backtest.label_reader import LabelReader, check_known
from scripts.backtest.labels import PendingLabels, Seen, example
from scripts.backtest.mapping import EventColumns, HistoryMapping, LabelColumn, MappingError

COLUMNS = ("row", "event.time", "label.column", "label.known_at")
DAY_MS = 86_400_000


def mapping(**label: Any) -> HistoryMapping:
    return HistoryMapping(
        event=EventColumns(time="t"), label=LabelColumn(column="y", fraud=(1, "chargeback"), honest=(0,), **label)
    )


def seen(labels: PendingLabels, position: int, known_ms: int, features: dict[str, float | None]) -> Seen:
    return Seen(
        known_ms=known_ms,
        position=position,
        application_id=str(position),
        occurred_ms=1_000,
        fraud=True,
        usual=None,
        features=labels.pack(features),
        categories=("app", None),
        anomaly=0.5,
        fraud_score=0.25,
        model="scorecard-1",
    )


def pending(*known_ms: int) -> PendingLabels:
    labels = PendingLabels()
    for position, known in enumerate(known_ms):
        labels.add(seen(labels, position, known, {"a": 1.0}), {"channel": "app", "product": None})
    return labels


@pytest.mark.parametrize(
    ("text", "fraud"), [("1", True), ("1.0", True), ("chargeback", True), ("0", False), ("2", None), (None, None)]
)
def test_a_value_of_neither_list_is_unknown_and_never_known(text: str | None, fraud: bool | None) -> None:
    known_ms = NEVER_MS if fraud is None else 1_000 + 7 * DAY_MS
    assert LabelReader(mapping(delay="7d"), COLUMNS, None).read((0, 1_000, text, None)) == (fraud, known_ms)


def test_the_command_lines_delay_comes_before_what_the_mapping_says() -> None:
    for said in ({"delay": "7d"}, {"known_at": "k"}):
        reader = LabelReader(mapping(**said), COLUMNS, timedelta(hours=1))
        assert reader.read((0, 1_000, "1", 99_000)) == (True, 3_601_000)


def test_a_label_is_known_when_its_column_says_and_never_before_the_row() -> None:
    reader = LabelReader(mapping(known_at="k"), COLUMNS, None)
    assert reader.read((0, 1_000, "1", 99_000)) == (True, 99_000)
    assert reader.read((0, 1_000, "1", 500)) == (True, 1_000)
    assert reader.read((0, 1_000, "1", NEVER_MS)) == (True, NEVER_MS)


def test_somebody_has_to_say_when_labels_are_known() -> None:
    with pytest.raises(MappingError, match=r"^map\.toml: .*--label-delay"):
        check_known(mapping(), None, Path("map.toml"))
    check_known(mapping(), timedelta(0), Path("map.toml"))
    check_known(mapping(delay="7d"), None, Path("map.toml"))
    check_known(mapping(known_at="k"), None, Path("map.toml"))
    assert LabelReader(mapping(), COLUMNS, timedelta(0)).read((0, 5, "0", None)) == (False, 5)


def test_a_label_is_due_from_its_moment_on() -> None:
    labels = pending(100)
    assert list(labels.due(99)) == []
    assert [each.position for each in labels.due(100)] == [0]
    assert list(labels.due(100)) == []


def test_labels_are_due_in_the_order_in_which_they_became_known() -> None:
    labels = pending(30, 10, 20, 10)
    assert [each.position for each in labels.due(1_000)] == [1, 3, 2, 0]


def test_an_example_has_the_features_that_any_row_had_as_they_were() -> None:
    labels = PendingLabels()
    rows: list[dict[str, float | None]] = [
        {"a": None, "b": 0.1, "c": None},
        {"a": 2.0, "b": None, "c": None},
    ]
    for position, features in enumerate(rows):
        labels.add(seen(labels, position, position, features), {"channel": "app", "product": None})
    copied: PendingLabels = pickle.loads(pickle.dumps(labels))  # noqa: S301
    for some in (labels, copied):
        examples = [example(each, some.names, some.categories) for each in some.due(1_000)]
        assert [each.features for each in examples] == [{"b": 0.1}, {"b": None, "a": 2.0}]
        assert examples[0].categories == {"channel": "app", "product": None}
        assert (examples[1].fraud, examples[1].fraud_score, examples[1].model) == (True, 0.25, "scorecard-1")
        assert examples[1].known_at - examples[1].occurred_at == timedelta(milliseconds=1 - 1_000)
