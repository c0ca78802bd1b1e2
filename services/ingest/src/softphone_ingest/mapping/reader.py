"""Interprets a request by the mapping of its device: the events it reports, and the reply."""

from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.body import Parts
from softphone_ingest.mapping.parsed_event import HitError, ParsedEvent
from softphone_ingest.mapping.regex import SearchBudget
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.rules import EventReader, is_empty
from softphone_ingest.mapping.schema import Mapping, ReplyTemplate
from softphone_ingest.mapping.selectors import select

EVENTS_MAX = 100
"""Events one request may report. Ring groups have fewer members."""

_PROBES = frozenset({"HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """How the requests of one device are read.

    `extension` is the device's fixed extension; None if each request names its own. `extensions`
    has the extension for each line that the sender names otherwise; for a called number it may
    list several, separated by commas.
    """

    mapping: Mapping
    profile: NumberProfile
    extension: str | None = None
    extensions: ReadOnly[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interpretation:
    """The meaning of one request. A request that is to be ignored has no events.

    `reply` is None for a sender that is content with any status of success.
    """

    events: tuple[ParsedEvent, ...]
    reply: ReplyTemplate | None


def interpret(request: HitRequest, config: DeviceConfig) -> Interpretation:
    """Reads a request by the mapping of its device; equal arguments give an equal result.

    Raises HitError naming the field that cannot be read.
    """
    return Reader(request, config).interpret()


class Reader:
    """One request and the mapping that reads it.

    Each part of the request is parsed once and on demand, so a check of the signature costs no
    second parsing. The budget of searches is that of the request, however it is spent.
    """

    def __init__(self, request: HitRequest, config: DeviceConfig) -> None:
        self._parts = Parts(request, config.mapping.separator)
        self._select = cache(partial(select, self._parts))
        self._budget = SearchBudget()
        self._config = config

    @property
    def request(self) -> HitRequest:
        return self._parts.request

    @property
    def mapping(self) -> Mapping:
        return self._config.mapping

    @property
    def form(self) -> ReadOnly[str, list[str]]:
        """The parameters of a form in the body; empty for any other body."""
        return self._parts.form[0]

    def interpret(self) -> Interpretation:
        """The events and the reply. Raises HitError naming the field that cannot be read."""
        return Interpretation(self._events(), self._reply())

    def value(self, source: str) -> str:
        """The text at this source of the request, empty where there is none."""
        return self._event(None).text_at(source)

    def _events(self) -> tuple[ParsedEvent, ...]:
        if self.request.method in _PROBES:
            return ()
        events = (self._event(m).parse(self._config.extension) for m in self._members())
        return tuple(own for event in events if event is not None for own in self._at_lines(event))

    def _at_lines(self, event: ParsedEvent) -> list[ParsedEvent]:
        """The event with its number normalised, once for each extension it happened at."""
        config = self._config
        remote = None if event.number is None else normalise(event.number, config.profile)
        extensions = [config.extensions.get(event.extension, event.extension)]
        if event.phase == "ringing" and not event.extension and event.called:
            # a trunk that names no extension rings at all those its number belongs to
            e164 = normalise(event.called, config.profile).e164 or ""
            listed = config.extensions.get(event.called) or config.extensions.get(e164, "")
            extensions = [extension.strip() for extension in listed.split(",")]
        return [replace(event, extension=extension, remote=remote) for extension in extensions]

    def _reply(self) -> ReplyTemplate | None:
        event = self._event(None)
        return next((reply for reply in self.mapping.answers if event.meets(reply.when)), None)

    def _members(self) -> list[Any]:
        # a device with a fixed extension is one phone: the other members of its group have theirs
        if self._config.extension is not None:
            return [None]
        for source in self.mapping.each:
            members = [m for m in self._event(None).select(source) if not is_empty(m)]
            if len(members) > EVENTS_MAX:
                raise HitError(source, "members-too-many", limit=EVENTS_MAX)
            if members:
                return members
        return [None]

    def _event(self, member: Any) -> EventReader:
        return EventReader(self._select, self._budget, self.mapping, self._config.profile, member)
