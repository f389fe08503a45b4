"""The AsyncAPI document names every topic of the contract, and hangs together."""

from collections.abc import Iterator
from typing import Any

import yaml

from scripts.contract.asyncapi import asyncapi, asyncapi_yaml
from streams.topics import TOPICS


def references(node: Any) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def resolve(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def test_the_yaml_is_the_document() -> None:
    assert yaml.safe_load(asyncapi_yaml()) == asyncapi()
    assert asyncapi()["asyncapi"] == "3.0.0"


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi()
    found = set(references(document))
    assert len(found) > len(TOPICS)
    for reference in found:
        resolve(document, reference)


def test_every_topic_of_the_contract_is_a_channel_under_the_prefix_and_no_internal_one_is() -> None:
    channels = asyncapi()["channels"]
    assert {name: channel["address"] for name, channel in channels.items()} == {
        topic.name: "{prefix}" + topic.name for topic in TOPICS if topic.direction != "internal"
    }


def test_tidegate_receives_what_comes_in_and_sends_what_goes_out() -> None:
    document = asyncapi()
    actions = {each["channel"]["$ref"].rpartition("/")[2]: each["action"] for each in document["operations"].values()}
    wanted = {"in": "receive", "out": "send"}
    assert actions == {topic.name: wanted[topic.direction] for topic in TOPICS if topic.direction != "internal"}


def test_each_message_carries_the_type_and_the_key_of_its_topic() -> None:
    document = asyncapi()
    for topic in TOPICS:
        if topic.record is not None:
            message = document["components"]["messages"][topic.name]
            assert resolve(document, message["payload"]["$ref"])["title"] == topic.record.__name__
            assert message["bindings"]["kafka"]["key"]["description"] == topic.key
