"""The AsyncAPI document: the checked-in file follows from the catalogue, and its parts agree."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest

from softphone_common.bus.envelope import pack
from softphone_common.contracts.asyncapi import asyncapi, text
from softphone_common.contracts.catalogue import CATALOGUE, EXCHANGE, Entry
from support.paths import ROOT, SAMPLES
from support.wire import sample

DOCUMENT = asyncapi()

every_entry = pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.message.type)


def references(value: Any) -> Iterator[str]:
    """Every `$ref` in the document."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from references(part)


def resolved(reference: str) -> Any:
    """The value that a reference points at; raises KeyError if it does not exist."""
    root, *path = reference.split("/")
    assert root == "#"
    return reduce(lambda at, key: at[key], path, DOCUMENT)


def operations(entry: Entry, action: str) -> list[dict[str, Any]]:
    """The operations that send one message, or those that receive it."""
    channel = {"$ref": f"#/channels/{entry.message.__name__}"}
    return [
        operation
        for operation in DOCUMENT["operations"].values()
        if operation["channel"] == channel and operation["action"] == action
    ]


def test_checked_in_document_is_the_generated_one() -> None:
    checked_in = (ROOT / "docs" / "asyncapi.json").read_text("utf-8")
    assert checked_in == text(), (
        "run: uv run python -m softphone_common.contracts.asyncapi > docs/asyncapi.json"
    )
    assert json.loads(checked_in) == DOCUMENT


def test_document_has_version_3_and_describes_itself() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    assert set(DOCUMENT) == {
        "asyncapi",
        "info",
        "defaultContentType",
        "channels",
        "operations",
        "components",
    }


def test_references_resolve_and_use_every_schema() -> None:
    counts = Counter(references(DOCUMENT))
    assert all(resolved(reference) for reference in counts)
    kept = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert kept <= set(counts)


@every_entry
def test_channel_has_the_pattern_of_its_message(entry: Entry) -> None:
    name = entry.message.__name__
    channel = DOCUMENT["channels"][name]
    verbs = channel["parameters"].get("verb", {"enum": entry.message.verbs})["enum"]
    verb = entry.message.verbs[0] if len(verbs) == 1 else "{verb}"
    assert channel["address"] == f"{entry.message.noun}.{verb}.{{tenant}}"
    assert tuple(verbs) == entry.message.verbs
    assert {f"{{{p}}}" for p in channel["parameters"]} == {
        word for word in channel["address"].split(".") if word.startswith("{")
    }
    assert channel["messages"] == {name: {"$ref": f"#/components/messages/{name}"}}
    amqp = channel["bindings"]["amqp"]
    assert amqp["is"] == "routingKey"
    assert (amqp["exchange"]["name"], amqp["exchange"]["type"]) == (EXCHANGE, "topic")
    assert amqp["exchange"]["durable"] is True


@every_entry
def test_operations_name_all_senders_and_receivers(entry: Entry) -> None:
    name = entry.message.__name__
    assert len(operations(entry, "send")) == len(entry.senders)
    assert all(f"{sender}-sends-{name}" in DOCUMENT["operations"] for sender in entry.senders)
    received = operations(entry, "receive")
    assert [o["x-queue"] for o in received if "x-queue" in o] == list(entry.queues)
    assert sum("x-every-instance" in o for o in received) == len(entry.subscribers)
    assert all(f"{s}-subscribes-to-{name}" in DOCUMENT["operations"] for s in entry.subscribers)
    for operation in received + operations(entry, "send"):
        assert (
            resolved(operation["messages"][0]["$ref"])
            == DOCUMENT["channels"][name]["messages"][name]
        )


def test_operations_belong_to_messages_of_the_catalogue() -> None:
    expected = sum(
        len(entry.senders) + len(entry.queues) + len(entry.subscribers) for entry in CATALOGUE
    )
    assert len(DOCUMENT["operations"]) == expected


@every_entry
def test_headers_are_those_of_a_sent_message(entry: Entry) -> None:
    described = DOCUMENT["components"]["messages"][entry.message.__name__]
    every, own = described["headers"]["allOf"]
    message = entry.message.model_validate(sample(SAMPLES, entry.message.type))
    sent = pack(message, entry.senders[0]).headers
    assert set(sent) == set(resolved(every["$ref"])["properties"])
    assert set(resolved(every["$ref"])["required"]) == set(sent) - {"traceparent"}
    for name, schema in own["properties"].items():
        assert sent[name] in schema.get("enum", [schema.get("const")])
    assert resolved(every["$ref"])["properties"]["cloudEvents_specversion"] == {"const": "1.0"}
    assert sent["cloudEvents_specversion"] == "1.0"


@every_entry
def test_payload_has_the_fields_of_the_sample(entry: Entry) -> None:
    described = DOCUMENT["components"]["messages"][entry.message.__name__]
    assert described["name"] == entry.message.type
    assert described["contentType"] == DOCUMENT["defaultContentType"] == "application/json"
    payload = resolved(described["payload"]["$ref"])
    assert set(sample(SAMPLES, entry.message.type)) <= set(payload["properties"])
