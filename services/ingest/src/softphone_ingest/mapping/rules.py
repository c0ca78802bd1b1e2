"""Applies the rules of a mapping to one event of a request."""

from datetime import UTC, datetime, tzinfo
from typing import Any, get_args

from softphone_common.domain.call import ENDS, PHASES, Direction, Phase
from softphone_common.domain.measurements import parse_duration, parse_moment
from softphone_common.domain.names import clean_name
from softphone_common.domain.numbers.notation.containers import without_decimals
from softphone_common.domain.numbers.placeholders import is_own_placeholder, is_placeholder
from softphone_ingest.mapping.parsed_event import (
    EXTENSION_MAX,
    EXTERNAL_ID_MAX,
    TEXT_MAX,
    FieldNote,
    HitError,
    ParsedEvent,
)
from softphone_ingest.mapping.tree import as_text
from softphone_ingest.mapping.values import FieldValues

IGNORE = "ignore"
LIMITS = frozenset({"values-too-many", "patterns-too-costly", "request-too-costly"})
"""Codes of limits of the whole request, which would otherwise be read in part."""

NAME_READ_MAX = 5 * TEXT_MAX
"""Characters of a name that are read; cleaning leaves fewer."""

DIRECTION_WORDS: dict[str, Direction] = {
    "in": "inbound",
    "incoming": "inbound",
    "out": "outbound",
    "outgoing": "outbound",
    **{direction: direction for direction in get_args(Direction)},
}


class EventReader:
    """Reads one event from the values of its fields. `zone` is that of times without an offset."""

    def __init__(self, values: FieldValues, zone: tzinfo = UTC) -> None:
        self._values = values
        self._mapping = values.mapping
        self._zone = zone
        self._notes: list[FieldNote] = []
        self._unreadable: dict[str, HitError] = {}

    def parse(self, extension: str | None) -> ParsedEvent | None:
        """The event; None if the mapping ignores it. `extension` replaces the one in the request.

        Raises HitError naming the field that cannot be read.
        """
        phase = self._phase()
        if phase is None:
            return None
        fixed = extension is not None
        if extension is None:
            extension = without_decimals(self._limited("extension", EXTENSION_MAX))
        self._check_replaced(fixed)
        self._check_required(phase, extension)
        # ids are refused when they are too long, since two of them cut short could become one;
        # names and reasons are only shown, so those are cut
        return ParsedEvent(
            phase=phase,
            extension=extension,
            called=self._optional("called")[:TEXT_MAX],
            number=self._number(),
            external_id=without_decimals(self._limited("call_id", EXTERNAL_ID_MAX)),
            linked_id=self._linked_id(),
            direction=self._direction(),
            name=self._name(),
            reason=self._optional("reason")[:TEXT_MAX],
            talk_seconds=self._duration(),
            time=self._time(),
            notes=tuple(self._notes),
        )

    def _text(self, name: str) -> str:
        return as_text(self._values.field(name), name)

    def _optional(self, name: str) -> str:
        """The text of a field whose event is worth more than the field; noted if unreadable.

        A limit or a body that can't be parsed concerns more than the field, and is raised.
        """
        if name not in self._unreadable:
            try:
                return self._text(name)
            except HitError as error:
                if error.field == "body" or error.code in LIMITS:
                    raise
                self._unreadable[name] = error
                self._note(name, error.code, **error.params)
        return ""

    def _phase(self) -> Phase | None:
        word = self._text("event").lower()
        if word == IGNORE:
            return None
        for phase in PHASES:
            if word == phase:
                return phase
        # the word as sent helps an administrator more than the result of a table, which is empty
        rules = self._mapping.fields.get("event", ())
        raw_words = (self._values.text_at(source) for rule in rules for source in rule.sources)
        shown = word or next((text for text in raw_words if text), "")
        if not shown:
            raise HitError("event", "missing")
        raise HitError("event", "event-unknown", event=shown[:60])

    def _check_replaced(self, fixed: bool) -> None:
        """Refuses a line of a manual or of our page as it stands: nothing in it is of a call."""
        self._optional("number")
        number = [] if "number" in self._unreadable else self._values.raw_texts("number")
        id_ = self._values.raw_texts("call_id")
        extension = [] if fixed else self._values.raw_texts("extension")
        fields = (number, id_, extension)
        is_of_manual = all(texts and all(map(is_placeholder, texts)) for texts in fields)
        if is_of_manual or (number and all(map(is_own_placeholder, [*number, *id_]))):
            raise HitError("number", "placeholders-unreplaced")

    def _check_required(self, phase: Phase, extension: str) -> None:
        # an id says which call has ended, so a sender need not repeat the other party
        by_id = phase in ENDS and self._text("call_id").strip() != ""
        for name in self._mapping.require:
            if name == "number" and by_id:
                continue
            text = extension if name == "extension" else self._optional(name)
            if name in self._unreadable:
                raise self._unreadable[name]
            if not text.strip() and not (name == "number" and self._values.is_present(name)):
                raise HitError(name, "missing")

    def _number(self) -> str | None:
        number = self._optional("number")
        if number.strip():
            return number
        if "number" in self._unreadable:
            return None
        is_present = self._values.field("number") is not None
        return "" if is_present and self._mapping.empty_number == "withheld" else None

    def _limited(self, name: str, most: int) -> str:
        text = self._text(name).strip()
        if len(text) > most:
            raise HitError(name, "text-too-long", limit=most)
        return text

    def _linked_id(self) -> str:
        text = self._optional("linked_id").strip()
        if len(text) <= EXTERNAL_ID_MAX:
            return without_decimals(text)
        self._note("linked_id", "text-too-long", limit=EXTERNAL_ID_MAX)
        return ""

    def _name(self) -> str:
        text = self._optional("name")
        return clean_name(text[:NAME_READ_MAX])[:TEXT_MAX] if text else ""

    def _direction(self) -> Direction | None:
        word = self._optional("direction").strip().lower()
        if word and word not in DIRECTION_WORDS:
            self._note("direction", "direction-unknown")
        return DIRECTION_WORDS.get(word)

    def _duration(self) -> int | None:
        text = self._optional("duration").strip()
        seconds = parse_duration(text) if 0 < len(text) <= TEXT_MAX else None
        if text and seconds is None:
            self._note("duration", "duration-invalid", limit=999_999)
        return seconds

    def _time(self) -> datetime | None:
        text = self._optional("time").strip()
        moment = parse_moment(text, self._zone) if 0 < len(text) <= TEXT_MAX else None
        if text and moment is None:
            self._note("time", "moment-invalid")
        return moment

    def _note(self, field: str, code: str, **params: Any) -> None:
        """Notes a field that is left out, because the event is worth more than the field."""
        self._notes.append(FieldNote(field, code, tuple(params.items())))
