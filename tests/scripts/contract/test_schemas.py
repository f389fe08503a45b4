"""The generated JSON Schemas say what the types and the codec do; the example records are held to both."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from models.events import EVENT_TYPES
from scripts.contract.schemas import schema_json
from streams.codec import InvalidRecord, decode, encode
from streams.topics import TOPICS

DOCS = Path(__file__).parents[3] / "docs"
RECORDS = {topic.name: topic.record for topic in TOPICS if topic.record is not None}
NOW = datetime(2026, 12, 31, tzinfo=UTC)


def example(topic: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((DOCS / "examples" / f"{topic}.json").read_text())
    return record


def validator(topic: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((DOCS / "schemas" / f"{topic}.schema.json").read_text()))


@pytest.mark.parametrize("topic", RECORDS)
def test_each_schema_is_json_schema_that_stands_alone(topic: str) -> None:
    schema = json.loads(schema_json(RECORDS[topic]))
    Draft202012Validator.check_schema(schema)
    references = [line for line in json.dumps(schema).split('"') if line.startswith("#/")]
    assert all(each.removeprefix("#/$defs/") in schema.get("$defs", {}) for each in references)


@pytest.mark.parametrize("topic", RECORDS)
def test_each_topic_has_an_example_that_schema_and_type_accept(topic: str) -> None:
    validator(topic).validate(example(topic))
    record = msgspec.convert(example(topic), RECORDS[topic])
    assert msgspec.json.decode(encode(record), type=RECORDS[topic]) == record


def test_there_is_no_example_of_a_topic_that_is_none() -> None:
    assert {path.stem for path in (DOCS / "examples").iterdir()} == set(RECORDS)


@pytest.mark.parametrize("topic", ["decisions", "decision-audit", "alerts", "dead-letters"])
def test_what_we_publish_passes_its_schema_after_a_round_trip(topic: str) -> None:
    published = encode(msgspec.convert(example(topic), RECORDS[topic]))
    validator(topic).validate(json.loads(published))


@pytest.mark.parametrize("topic", EVENT_TYPES)
def test_a_schema_of_a_topic_in_allows_unknown_fields_everywhere(topic: str) -> None:
    def with_unknown(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: with_unknown(inner) for name, inner in value.items()} | {"added_by_upstream": 1}
        return [with_unknown(each) for each in value] if isinstance(value, list) else value

    record = with_unknown(example(topic))
    validator(topic).validate(record)
    assert (
        decode(topic, json.dumps(record).encode(), NOW).record == decode(topic, encode_json(example(topic)), NOW).record
    )


def encode_json(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("applications", {"event_id": "a" * 65}),
    ("applications", {"event_id": ""}),
    ("applications", {"event_id": "a b"}),
    ("applications", {"event_id": "a\n"}),
    ("applications", {"amount_cny": 0}),
    ("applications", {"amount_cny": 1_000_000.01}),
    ("applications", {"term_months": 61}),
    ("applications", {"term_months": "12"}),
    ("applications", {"channel": "fax"}),
    ("applications", {"occurred_at": None}),
    ("applications", {"applicant": {"name": "n", "id_number": "1"}}),
    ("applications", {"device": {"gps": {"lat": 90.01, "lon": 0}}}),
    ("device-events", {"kind": "walk"}),
    ("device-events", {"fill_ms": -1}),
    ("labels", {"source": "rumour"}),
    ("blacklist-entries", {"value": None}),
    ("blacklist-entries", {"list": "theirs"}),
    ("blacklist-entries", {"token": "short"}),
    ("merchant-events", {"category": "cash"}),
    ("policies", {"document": "x" * 49_153}),
]


@pytest.mark.parametrize(("topic", "fields"), REFUSED)
def test_what_the_codec_refuses_the_schema_refuses(topic: str, fields: dict[str, Any]) -> None:
    record = example(topic) | fields
    with pytest.raises(InvalidRecord):
        decode(topic, json.dumps(record).encode(), NOW)
    assert not validator(topic).is_valid(record)
