"""Writes the catalogue of messages as an AsyncAPI 3.0 document."""

import json
import sys
from importlib.metadata import version
from inspect import getdoc
from typing import Any

from pydantic.json_schema import models_json_schema

from softphone_common.contracts.catalogue import CATALOGUE, EXCHANGE, Entry, patterns
from softphone_common.contracts.events import Message

_BINDING = "0.3.0"
_JSON = "application/json"
_HEADERS = "CloudEventsHeaders"


def asyncapi() -> dict[str, Any]:
    """The document, in an order that depends only on the catalogue."""
    _, schemas = models_json_schema(
        [(entry.message, "serialization") for entry in CATALOGUE],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Softphone Connector",
            "version": version("softphone-common"),
            "description": "Every message on the bus. The body is the payload alone. Consumers "
            "ignore unknown fields. A breaking change is a new type; the old one remains.",
        },
        "defaultContentType": _JSON,
        "channels": {_name(entry.message): _channel(entry.message) for entry in CATALOGUE},
        "operations": {
            key: value for entry in CATALOGUE for key, value in _operations(entry).items()
        },
        "components": {
            "messages": {_name(entry.message): _message(entry) for entry in CATALOGUE},
            "schemas": {_HEADERS: _headers(), **schemas["$defs"]},
        },
    }


def text() -> str:
    """The document in the form that is checked in."""
    return json.dumps(asyncapi(), indent=2, ensure_ascii=False) + "\n"


def _name(message: type[Message]) -> str:
    return message.__name__


def _summary(message: type[Message]) -> str:
    return (getdoc(message) or "").partition("\n")[0]


def _reference(*path: str) -> dict[str, str]:
    return {"$ref": "/".join(("#", *path))}


def _channel(message: type[Message]) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "tenant": {"description": "The company that the message belongs to.", "examples": ["acme"]}
    }
    addresses = patterns(message, "{tenant}")
    # AsyncAPI has one address for each channel, so several verbs become a parameter of the address.
    if len(addresses) > 1:
        addresses = (f"{message.noun}.{{verb}}.{{tenant}}",)
        parameters = {
            "verb": {"description": "The event.", "enum": list(message.verbs)},
            **parameters,
        }
    exchange = {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": addresses[0],
        "summary": _summary(message),
        "parameters": parameters,
        "messages": {_name(message): _reference("components", "messages", _name(message))},
        "bindings": {
            "amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": _BINDING}
        },
    }


def _operations(entry: Entry) -> dict[str, Any]:
    """One operation for each sender, for each work queue and for each subscribed service.

    A message in a work queue goes to one instance of the service; a subscription brings it to
    every instance (`x-every-instance`).
    """
    name = _name(entry.message)
    persistent = {"amqp": {"deliveryMode": 2, "bindingVersion": _BINDING}}
    sent = {
        f"{sender}-sends-{name}": _operation(name, "send") | {"bindings": persistent}
        for sender in entry.senders
    }
    queued = {
        f"{queue}-receives-{name}": _operation(name, "receive") | {"x-queue": queue}
        for queue in entry.queues
    }
    subscribed = {
        f"{service}-subscribes-to-{name}": _operation(name, "receive") | {"x-every-instance": True}
        for service in entry.subscribers
    }
    return sent | queued | subscribed


def _operation(name: str, action: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": _reference("channels", name),
        "messages": [_reference("channels", name, "messages", name)],
    }


def _message(entry: Entry) -> dict[str, Any]:
    message = entry.message
    fixed = {
        "cloudEvents_type": {"const": message.type},
        "cloudEvents_source": {"enum": [f"/softphone/{sender}" for sender in entry.senders]},
    }
    return {
        "name": message.type,
        "title": _name(message),
        "summary": _summary(message),
        "contentType": _JSON,
        "headers": {
            "allOf": [
                _reference("components", "schemas", _HEADERS),
                {"type": "object", "properties": fixed},
            ]
        },
        "payload": _reference("components", "schemas", _name(message)),
        "bindings": {"amqp": {"messageType": message.type, "bindingVersion": _BINDING}},
    }


def _headers() -> dict[str, Any]:
    """CloudEvents 1.0 attributes with the prefix of its AMQP binding, and the W3C trace context."""
    string = {"type": "string"}
    attributes = {
        "specversion": {"const": "1.0"},
        "id": {**string, "description": "Stays the same when the message is delivered again."},
        "source": {**string, "format": "uri-reference"},
        "type": string,
        "time": {**string, "format": "date-time"},
        "subject": {
            **string,
            "description": "The id of the call, device, user, sweep or audit entry.",
        },
        "tenant": Message.model_json_schema()["properties"]["tenant"],
    }
    prefixed = {f"cloudEvents_{name}": schema for name, schema in attributes.items()}
    return {
        "type": "object",
        "properties": {
            **prefixed,
            "traceparent": {**string, "description": "W3C trace context."},
        },
        "required": list(prefixed),
    }


if __name__ == "__main__":
    sys.stdout.write(text())
