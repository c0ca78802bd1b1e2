"""Reads a request by a mapping into hits; knows no sender, no call and no device."""

from collections.abc import Callable
from collections.abc import Mapping as ReadOnly
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, get_args

import re2

from softphone_common.domain.call import PHASES, Direction, Phase
from softphone_common.domain.numbers.normalise import NumberProfile, normalise
from softphone_common.domain.numbers.placeholders import is_placeholder
from softphone_ingest.mapping.body import Parts
from softphone_ingest.mapping.parsed_event import (
    CALL_ID_MAX,
    EXTENSION_MAX,
    TEXT_MAX,
    HitError,
    ParsedEvent,
)
from softphone_ingest.mapping.regex import Search
from softphone_ingest.mapping.reply import Reply, filled
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import OUTPUTS, PLACES, Condition, Mapping, Rule
from softphone_ingest.mapping.selectors import find, walk
from softphone_ingest.mapping.transforms import decode

Find = Callable[[str, str], list[Any]]

IGNORE = "ignore"
MEMBERS_MAX = 100
"""Events one request may make; a group that rings has fewer telephones."""

_PROBES = frozenset({"HEAD", "OPTIONS"})
_DIRECTIONS: dict[str, Direction] = {
    "in": "inbound",
    "incoming": "inbound",
    "out": "outbound",
    "outgoing": "outbound",
    **{direction: direction for direction in get_args(Direction)},
}
_DURATION = re2.compile(r"^([0-9]{1,6})(?:\.0+)?$|^([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])$")
_EPOCH = re2.compile(r"^([0-9]{10})([0-9]{3})?(?:\.[0-9]+)?$")


class Reader:
    """One request as one mapping reads it. `extension` is the device's own, if it has one."""

    def __init__(
        self,
        request: HitRequest,
        mapping: Mapping,
        profile: NumberProfile,
        extension: str | None = None,
    ) -> None:
        self._parts = Parts(request, mapping.separator)
        self._find = cache(partial(find, self._parts))
        self._search = Search()
        self._mapping = mapping
        self._profile = profile
        self._extension = extension

    @property
    def request(self) -> HitRequest:
        """What is read."""
        return self._parts.request

    @property
    def mapping(self) -> Mapping:
        """What it is read by."""
        return self._mapping

    @property
    def form(self) -> ReadOnly[str, list[str]]:
        """The parameters of a form."""
        return self._parts.form[0]

    def hits(self) -> tuple[ParsedEvent, ...]:
        """One hit for each event; none for a request that means none.

        Raises HitError naming the field that can't be understood.
        """
        if self.request.method in _PROBES:
            return ()
        read = (self._event(member).hit(self._extension) for member in self._members())
        return tuple(hit for hit in read if hit is not None)

    def reply(self, base: str, call_id: str) -> Reply | None:
        """What this sender expects to be told; None where being taken is enough."""
        event = self._event(None)
        for answer in self._mapping.answers:
            if event.holds(answer.when):
                return filled(answer, base, call_id)
        return None

    def value(self, source: str) -> str:
        """The text at this place of the request, empty where there is none."""
        return self._event(None).text_at(source)

    def _members(self) -> list[Any]:
        if self._extension is not None:
            return [None]
        for source in self._mapping.each:
            members = [one for one in self._event(None).find(source) if not _is_empty(one)]
            if len(members) > MEMBERS_MAX:
                raise HitError(source, "members-too-many", limit=MEMBERS_MAX)
            if members:
                return members
        return [None]

    def _event(self, member: Any) -> "_Event":
        return _Event(self._find, self._search, self._mapping, self._profile, member)


class _Event:
    """One event of a request; a field is read when it is first asked for."""

    def __init__(
        self, at: Find, search: Search, mapping: Mapping, profile: NumberProfile, member: Any
    ) -> None:
        self._at = at
        self._search = search
        self._mapping = mapping
        self._profile = profile
        self._member = member
        self._known: dict[str, Any] = {}

    def hit(self, extension: str | None) -> ParsedEvent | None:
        """The event as a hit; None if it is to be ignored."""
        phase = self._phase()
        if phase is None:
            return None
        if extension is None:
            extension = self._short("extension", EXTENSION_MAX)
        self._require_all(extension)
        return ParsedEvent(
            phase=phase,
            extension=extension,
            called=self._text("called")[:TEXT_MAX],
            number=self._number(),
            call_id=self._short("call_id", CALL_ID_MAX),
            linked_id=self._short("linked_id", CALL_ID_MAX),
            direction=self._direction(),
            name=self._text("name")[:TEXT_MAX],
            reason=self._text("reason")[:TEXT_MAX],
            talk_seconds=self._duration(),
            time=_time(self._text("time")),
        )

    def holds(self, when: ReadOnly[str, Condition]) -> bool:
        """Whether all conditions do."""
        return all(self._meets(source, wanted) for source, wanted in when.items())

    def text_at(self, source: str) -> str:
        """The first text there that is not empty, be it a placeholder."""
        texts = (_as_text(value, source).strip() for value in self.find(source))
        return next((text for text in texts if text), "")

    def _said(self, source: str) -> str:
        """The first text there that is neither empty nor a placeholder, blanks and all."""
        texts = (_as_text(value, source) for value in self.find(source))
        return next((text for text in texts if text.strip() and not is_placeholder(text)), "")

    def find(self, source: str) -> list[Any]:
        """All values the source names."""
        found = self._found(source)
        self._search.look(len(found), source)
        return found

    def _found(self, source: str) -> list[Any]:
        place, _, rest = source.partition(".")
        if place == "each":
            return [] if self._member is None else walk(self._member, rest)
        if place in PLACES:
            return self._at(place, rest)
        return walk(self._field(place), rest)

    def _field(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def _read(self, name: str) -> Any:
        """The field's value: empty if it was said to be empty, None if nothing was said of it."""
        said = None
        for rule in self._mapping.fields.get(name, ()):
            if not self.holds(rule.when):
                continue
            given = [rule.value] if rule.value is not None else self._candidates(rule)
            for value in given:
                refined = self._refined(name, rule, value)
                if refined != "":
                    return refined
                said = "" if _is_empty(value) else said
        return said

    def _candidates(self, rule: Rule) -> list[Any]:
        return [value for source in rule.sources for value in self.find(source)]

    def _refined(self, name: str, rule: Rule, value: Any) -> Any:
        """The value decoded, picked and looked up; JSON inside a text may give more than a text."""
        for step in rule.decode:
            text = _as_text(value, name)
            if is_placeholder(text):
                return ""
            value = decode(step, text, name)
        if _is_nested(value):
            return value
        text = _as_text(value, name)
        if name in OUTPUTS and name != "number":  # a blank in front of a number was a plus
            text = text.strip()
        if is_placeholder(text):
            return ""
        if rule.pick:
            text = self._search.picked(rule.pick, text, name)
        return text if rule.table is None else _looked_up(rule.table, text)

    def _meets(self, source: str, wanted: Condition) -> bool:
        text = self._said(source)
        stripped = text.strip()
        low = stripped.casefold()
        if wanted.is_ is not None and not _listed(low, wanted.is_):
            return False
        if wanted.not_ is not None and _listed(low, wanted.not_):
            return False
        if wanted.matches is not None and not self._search.first(wanted.matches, stripped, source):
            return False
        if wanted.own is None:
            return True
        return wanted.own == (normalise(text, self._profile).kind == "internal")

    def _text(self, name: str) -> str:
        return _as_text(self._field(name), name)

    def _phase(self) -> Phase | None:
        word = self._text("event").lower()
        if word == IGNORE:
            return None
        for phase in PHASES:
            if word == phase:
                return phase
        rules = self._mapping.fields.get("event", ())
        said = (self.text_at(source) for rule in rules for source in rule.sources)
        heard = word or next((text for text in said if text), "")
        if not heard:
            raise HitError("event", "missing")
        raise HitError("event", "event-unknown", event=heard[:60])

    def _require_all(self, extension: str) -> None:
        for name in self._mapping.require:
            given = extension if name == "extension" else self._text(name)
            if not given.strip() and not (name == "number" and self._is_there(name)):
                raise HitError(name, "missing")

    def _is_there(self, name: str) -> bool:
        """Whether the request has the field, if only empty or as a placeholder."""
        rules = self._mapping.fields.get(name, ())
        return any(self._candidates(rule) for rule in rules if self.holds(rule.when))

    def _number(self) -> str | None:
        number = self._text("number")
        if number.strip():
            return number
        empty = self._field("number") is not None
        return "" if empty and self._mapping.empty_number == "withheld" else None

    def _short(self, name: str, most: int) -> str:
        text = self._text(name).strip()
        if len(text) > most:
            raise HitError(name, "text-too-long", limit=most)
        return text

    def _direction(self) -> Direction | None:
        word = self._text("direction").strip().lower()
        if word and word not in _DIRECTIONS:
            raise HitError("direction", "direction-unknown")
        return _DIRECTIONS.get(word)

    def _duration(self) -> int | None:
        text = self._text("duration").strip()
        if not text:
            return None
        found = _DURATION.match(text)
        if found is None:
            raise HitError("duration", "duration-invalid", limit=999_999)
        whole, hours, minutes, seconds = found.groups()
        if whole is not None:
            return int(whole)
        return (int(hours) * 60 + int(minutes)) * 60 + int(seconds)


def _time(text: str) -> datetime | None:
    """Seconds or milliseconds since 1970, or ISO 8601 with an offset; else it is not believed."""
    found = _EPOCH.match(text)
    if found is not None:
        moment = datetime.fromtimestamp(int(found.group(1)), UTC)
        return moment.replace(microsecond=int(found.group(2) or 0) * 1000)
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _as_text(value: Any, field: str) -> str:
    """As text, with a question mark for each half of a character: phones cut names anywhere."""
    if _is_nested(value):
        raise HitError(field, "text-expected")
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value)
    return text.encode("utf-8", "replace").decode()


def _listed(low: str, texts: tuple[str, ...]) -> bool:
    return any(low == text.casefold() or (text == "*" and low) for text in texts)


def _looked_up(table: ReadOnly[str, str], text: str) -> str:
    low = text.strip().casefold()
    for key, value in table.items():
        if key.casefold() == low:
            return value
    return table.get("*", "") if low else ""
