"""Hits with lists of events."""

from softphone_ingest.mapping.request import HitRequest
from support.stack.memory_ingest import MemoryIngest


def configure_lists(ingest: MemoryIngest, event: str = "any.event") -> None:
    """Has the device `d1` send lists of events."""
    fields = {"extension": "each.x", "event": event, "number": "any.number"}
    ingest.configure(mapping={"each": "json", "fields": fields})


def list_of(events: int, event: str = "ringing") -> HitRequest:
    """A hit with as many events, each at an extension of its own."""
    members = ", ".join(f'{{"x": "{extension}"}}' for extension in range(100, 100 + events))
    query = f"event={event}&number=08999998001"
    return HitRequest("POST", "/", query, {}, f"[{members}]".encode(), "")
