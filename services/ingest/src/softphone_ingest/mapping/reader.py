"""Interprets a request by the mapping of its device: the events it reports, and the reply."""

from collections.abc import Awaitable, Callable, Generator, Sequence
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import cache, partial

from softphone_common.domain.matching import counterpart_key
from softphone_common.domain.names import is_only_number
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.own_lines import OwnLines
from softphone_ingest.mapping.body import Parts
from softphone_ingest.mapping.budget import Budget
from softphone_ingest.mapping.parsed_event import FieldNote, HitError, ParsedEvent
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.rules import LIMITS, EventReader
from softphone_ingest.mapping.schema import PLACES, Mapping, ReplyTemplate
from softphone_ingest.mapping.selectors import select, select_list
from softphone_ingest.mapping.tree import Member, is_empty, list_members
from softphone_ingest.mapping.values import FieldValues

EVENTS_MAX = 100
"""Events one request may report. Ring groups have fewer members."""


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """How the requests of one device are read.

    `extension` is the device's fixed extension; None if each request names its own. `extensions`
    has the extension for each line that the sender names otherwise; for a called number it may
    list several, separated by commas. `zone` is that of times without an offset. `own_numbers`
    has the names of the company's numbers by their counterpart keys.
    """

    mapping: Mapping
    profile: NumberProfile
    extension: str | None = None
    extensions: ReadOnly[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC
    own_numbers: ReadOnly[str, str] = field(default_factory=dict)
    lines: OwnLines | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # made once for all requests, since it remembers the numbers of its lines
        lines = OwnLines(self.extensions) if self.extensions else None
        object.__setattr__(self, "lines", lines)


@dataclass(frozen=True, slots=True)
class Interpretation:
    """The meaning of one request. A request that is to be ignored has no events.

    `reply` is None for a sender that is content with any status of success. `unread` has the
    problem of each member of a list that could not be read, while others could.
    """

    events: tuple[ParsedEvent, ...]
    reply: ReplyTemplate | None
    unread: tuple[HitError, ...] = ()


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
        self._budget = Budget(config.profile)
        count = partial(self._budget.spend, field="body")
        self._parts = Parts(request, config.mapping.separator, count)
        select_once = cache(partial(select, self._parts))
        self._common = FieldValues(select_once, self._budget, config.mapping, config.lines)
        self._config = config

    @property
    def spent(self) -> int:
        """The operations that the request has cost until now."""
        return self._budget.spent

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
        steps = self.interpret_in_steps()
        while (interpretation := _after_a_step(steps)) is None:
            pass
        return interpretation

    async def interpret_with_pauses(self, pause: Callable[[], Awaitable[None]]) -> Interpretation:
        """As `interpret`, with a pause wherever `interpret_in_steps` has one."""
        steps = self.interpret_in_steps()
        while (interpretation := _after_a_step(steps)) is None:
            await pause()
        return interpretation

    def interpret_in_steps(self) -> Generator[None, None, Interpretation]:
        """As `interpret`, with a pause before each further member of a list: a list may take as
        long as a hundred requests, which others need not wait for."""
        events, unread = yield from self._events()
        return Interpretation(events, self._reply(), unread)

    def value(self, source: str) -> str:
        """The text at this source of the request, empty where there is none."""
        return self._common.text_at(source)

    def _events(
        self,
    ) -> Generator[None, None, tuple[tuple[ParsedEvent, ...], tuple[HitError, ...]]]:
        """All events, and the problems of those members that could not be read."""
        if self.request.is_probe:
            return (), ()
        members = self._members()
        events: list[ParsedEvent] = []
        unread: list[tuple[int, HitError]] = []
        for position, member in enumerate(members):
            if position:
                yield
                self._budget.begin_event()
            try:
                events.extend(self._events_of(member))
            except HitError as error:
                if len(members) == 1 or error.code in LIMITS:
                    raise
                unread.append((position, error))
            if len(events) > EVENTS_MAX:
                raise HitError("extension", "members-too-many", limit=EVENTS_MAX)
        if unread and not events:
            raise unread[0][1]
        return tuple(events), tuple(_of_member(position, error) for position, error in unread)

    def _events_of(self, member: Member | None) -> list[ParsedEvent]:
        values = self._common.of_member(member)
        event = EventReader(values, self._config.zone).parse(self._config.extension)
        return [] if event is None else self._at_lines(event)

    def _at_lines(self, event: ParsedEvent) -> list[ParsedEvent]:
        """The event with its number normalised, once for each extension it happened at."""
        remote = None if event.number is None else self._budget.number(event.number)
        extension = self._extension_of(event.extension)
        extensions = [event.extension if extension is None else extension]
        if event.phase == "ringing" and not event.extension and event.called:
            # a trunk that names no extension rings at all those its number belongs to
            listed = self._extension_of(event.called) or ""
            extensions = [extension.strip() for extension in listed.split(",")]
        if (
            event.name
            and remote is not None
            and is_only_number(event.name, remote, self._budget.number)
        ):
            event = replace(event, name="")
        event = replace(event, remote=remote)
        if remote is not None and remote.kind == "invalid":
            note = FieldNote("number", "number-unreadable")
            event = replace(event, notes=(*event.notes, note))
        at_lines = [self._without_itself(replace(event, extension=each)) for each in extensions]
        return [self._with_called(each) for each in at_lines] if event.called else at_lines

    def _with_called(self, event: ParsedEvent) -> ParsedEvent:
        """The event with the number that was called, unless this is only its own extension."""
        called = self._budget.number(event.called, "called")
        name = self._config.own_numbers.get(counterpart_key(called), "")
        if called.kind == "anonymous" or (not name and called.display == event.extension):
            return event
        return replace(event, called_number=called, called_name=name)

    def _without_itself(self, event: ParsedEvent) -> ParsedEvent:
        """The event without its number, if that is its own extension: it says nothing then."""
        remote = event.remote
        if remote is None or not event.extension or not self._is_extension(remote, event.extension):
            return event
        note = FieldNote("number", "number-own-extension")
        return replace(event, number=None, remote=None, notes=(*event.notes, note))

    def _is_extension(self, remote: RemoteNumber, extension: str) -> bool:
        if remote.kind == "internal" and extension in {remote.raw.strip(), remote.display}:
            return True
        return self._extension_of(remote.raw) == extension

    def _extension_of(self, text: str) -> str | None:
        """The extensions of the line with this name, if the device has a table of lines."""
        lines = self._config.lines
        return None if lines is None else lines.extension_of(text, self._budget.number)

    def _reply(self) -> ReplyTemplate | None:
        answers = self.mapping.answers
        return next((reply for reply in answers if self._common.meets(reply.when)), None)

    def _members(self) -> Sequence[Member | None]:
        # a device with a fixed extension is one phone: the other members of its group have theirs
        if self._config.extension is not None:
            return [None]
        for source in self.mapping.each:
            members = self._list_at(source)
            if members is None:
                continue
            self._budget.count_values(len(members), source)
            filled = [member for member in members if not is_empty(member.value)]
            if len(filled) > EVENTS_MAX:
                raise HitError(source, "members-too-many", limit=EVENTS_MAX)
            # a list of nobody is no event, but one empty word may be how nobody is written
            if filled or not members:
                return filled
        return [None]

    def _list_at(self, source: str) -> list[Member] | None:
        place, _, rest = source.partition(".")
        if place in PLACES:
            return select_list(self._parts, place, rest)
        count = partial(self._budget.spend, field=source)
        return list_members(self._common.field(place), rest, count)


def _of_member(position: int, error: HitError) -> HitError:
    return HitError(f"each.{position}.{error.field}", error.code, error.why, **error.params)


def _after_a_step(steps: Generator[None, None, Interpretation]) -> Interpretation | None:
    """Goes one step further. Returns the interpretation if that was the last step, else None."""
    try:
        next(steps)
    except StopIteration as end:
        interpretation: Interpretation = end.value
        return interpretation
    return None
