"""What cannot be processed becomes a dead letter, and the stream goes on."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from config.settings import Settings
from tests.integration.harness import Client, MakeApplication, StartWorker

Break = Callable[[dict[str, Any]], bytes]


def changed(**fields: object) -> Break:
    return lambda application: json.dumps(application | fields).encode()


def without_phone(application: dict[str, Any]) -> bytes:
    del application["applicant"]["phone"]
    return json.dumps(application).encode()


BROKEN: dict[str, tuple[Break, str, str]] = {
    "not JSON": (lambda _: b"hello", "not_json", "$"),
    "an array": (lambda application: json.dumps([application]).encode(), "not_an_object", "$"),
    "a missing field": (without_phone, "missing_field", "applicant.phone"),
    "a wrong type": (changed(amount_cny="much"), "invalid_field", "amount_cny"),
    "NaN": (changed(amount_cny=float("nan")), "invalid_field", "amount_cny"),
    "200 KiB": (changed(padding="x" * 200 * 1024), "too_large", "$"),
    "a date in 2100": (changed(occurred_at="2100-01-01T00:00:00Z"), "clock_ahead", "occurred_at"),
    "an id of 65 characters": (changed(application_id="A" * 65), "invalid_field", "application_id"),
    "invalid UTF-8": (lambda application: json.dumps(application).encode() + b"\xff", "not_json", "$"),
    "deep nesting": (lambda _: b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "not_json", "$"),
    "a tombstone": (lambda _: b"", "not_json", "$"),
}


async def test_each_broken_record_gives_one_dead_letter_and_the_stream_goes_on(
    start_worker: StartWorker, client: Client, make_application: MakeApplication
) -> None:
    worker = start_worker()
    for number, (broken, _, _) in enumerate(BROKEN.values()):
        await client.send("applications", broken(make_application(1000 + number)), f"key-{number}")
        await client.apply(make_application(number))
    await client.wait_for("decisions", len(BROKEN))
    await client.wait_for("dead-letters", len(BROKEN))
    await client.settle(0.5)

    letters = {letter["key"]: letter for letter in client.seen["dead-letters"]}
    assert len(client.seen["dead-letters"]) == len(letters) == len(BROKEN)
    for number, (name, (broken, code, path)) in enumerate(BROKEN.items()):
        letter = letters[f"key-{number}"]
        assert (letter["error"]["code"], letter["error"]["path"]) == (code, path), name
        payload = base64.b64decode(letter["payload_base64"])
        assert len(payload) == len(broken(make_application(1000 + number))), name
    assert {each["application_id"] for each in client.seen["decisions"]} == {f"A-{n}" for n in range(len(BROKEN))}
    assert 'tidegate_dead_letters_total{code="clock_ahead",topic="applications"} 1.0' in worker.get("/metrics")[1]


async def test_what_is_small_compressed_and_larger_than_any_dead_letter_ends_no_worker(
    start_worker: StartWorker, client: Client, make_application: MakeApplication, topics: Settings
) -> None:
    worker = start_worker()
    size = 5 * 1024 * 1024
    huge = AIOKafkaProducer(bootstrap_servers=topics.bootstrap, compression_type="gzip", max_request_size=2 * size)
    async with huge:
        await huge.send_and_wait(topics.topic("applications"), b" " * size, b"payload", partition=0)
        await huge.send_and_wait(topics.topic("applications"), b"{}", b"k" * size, partition=0)
    await client.apply(make_application(1))
    payload, key = (await client.wait_for("dead-letters", 2))[:2]
    await client.wait_for("decisions", 1)
    assert (payload["key"], payload["error"]["code"], payload["payload_base64"]) == ("payload", "too_large", "")
    assert payload["error"]["message"] == f"{size} bytes, 65536 are allowed. Too large to be kept here"
    assert (key["key"], key["payload_base64"]) == ("k" * 65_536, base64.b64encode(b"{}").decode())
    assert worker.process.poll() is None


@pytest.mark.parametrize("topic", ["device-events", "labels", "blacklist-entries"])
async def test_every_topic_in_has_its_dead_letters(topic: str, start_worker: StartWorker, client: Client) -> None:
    start_worker()
    await client.send(topic, {"event_id": "x"}, "k")
    letter = (await client.wait_for("dead-letters", 1))[0]
    assert letter["topic"].endswith(topic)
    assert letter["error"]["code"] == "missing_field"


async def test_an_unknown_field_is_accepted_and_counted(
    start_worker: StartWorker, client: Client, make_application: MakeApplication
) -> None:
    worker = start_worker()
    application = make_application(1, device__battery_percent=80)
    await client.apply(application)
    await client.wait_for("decisions", 1)
    assert (
        'tidegate_unknown_fields_total{path="device.battery_percent",topic="applications"} 1.0'
        in worker.get("/metrics")[1]
    )
