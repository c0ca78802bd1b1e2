"""Applies the rules of a mapping to one event of a request."""

from collections.abc import Callable
from collections.abc import Mapping as ReadOnly
from datetime import UTC, datetime
from typing import Any, get_args

import re2

from softphone_common.domain.call import PHASES, Direction, Phase
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.notation.containers import without_decimals
from softphone_common.domain.numbers.placeholders import is_placeholder
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.parsed_event import (
    EXTENSION_MAX,
    EXTERNAL_ID_MAX,
    TEXT_MAX,
    HitError,
    ParsedEvent,
)
from softphone_ingest.mapping.regex import SearchBudget
from softphone_ingest.mapping.schema import OUTPUTS, PLACES, Condition, Mapping, Rule
from softphone_ingest.mapping.selectors import walk
from softphone_ingest.mapping.transforms import apply_step

Select = Callable[[str, str], list[Any]]
"""Gives all values at a place of the request: `path`, `query` ... and the rest of the source."""

IGNORE = "ignore"

_DIRECTIONS: dict[str, Direction] = {
    "in": "inbound",
    "incoming": "inbound",
    "out": "outbound",
    "outgoing": "outbound",
    **{direction: direction for direction in get_args(Direction)},
}
# RE2 here as well: these read text that a stranger wrote
_DURATION = re2.compile(r"^([0-9]{1,6})(?:\.0+)?$|^([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])$")
_EPOCH = re2.compile(r"^([0-9]{10})([0-9]{3})?(?:\.[0-9]+)?$")


class EventReader:
    """Reads the fields of one event on demand, each at most once.

    `member` is the element of the mapping's list `each` that this event stands for, or None.
    """

    def __init__(
        self,
        select: Select,
        budget: SearchBudget,
        mapping: Mapping,
        profile: NumberProfile,
        member: Any,
    ) -> None:
        self._select = select
        self._budget = budget
        self._mapping = mapping
        self._profile = profile
        self._member = member
        self._values: dict[str, Any] = {}

    def parse(self, extension: str | None) -> ParsedEvent | None:
        """The event; None if the mapping ignores it. `extension` replaces the one in the request.

        Raises HitError naming the field that cannot be read.
        """
        phase = self._phase()
        if phase is None:
            return None
        if extension is None:
            extension = without_decimals(self._limited("extension", EXTENSION_MAX))
        self._check_required(extension)
        # ids are refused when they are too long, since two of them cut short could become one;
        # names and reasons are only shown, so those are cut
        return ParsedEvent(
            phase=phase,
            extension=extension,
            called=self._text("called")[:TEXT_MAX],
            number=self._number(),
            external_id=self._limited("call_id", EXTERNAL_ID_MAX),
            linked_id=self._limited("linked_id", EXTERNAL_ID_MAX),
            direction=self._direction(),
            name=self._text("name")[:TEXT_MAX],
            reason=self._text("reason")[:TEXT_MAX],
            talk_seconds=self._duration(),
            time=_time(self._text("time")),
        )

    def meets(self, when: ReadOnly[str, Condition]) -> bool:
        """Whether all conditions of a rule hold."""
        return all(self._holds(source, condition) for source, condition in when.items())

    def text_at(self, source: str) -> str:
        """The first text there that is not empty; a placeholder counts as a text."""
        texts = (_as_text(value, source).strip() for value in self.select(source))
        return next((text for text in texts if text), "")

    def select(self, source: str) -> list[Any]:
        """All values the source names. Raises HitError beyond the budget of the request."""
        place, _, rest = source.partition(".")
        if place == "each":
            values = [] if self._member is None else walk(self._member, rest)
        elif place in PLACES:
            values = self._select(place, rest)
        else:
            values = walk(self._field(place), rest)
        self._budget.count_values(len(values), source)
        return values

    def _field(self, name: str) -> Any:
        if name not in self._values:
            self._values[name] = self._evaluate(name)
        return self._values[name]

    def _evaluate(self, name: str) -> Any:
        """The first value that is not empty; "" if the request has empty ones only, None if none.

        The two differ for the number of a call: an empty one may be withheld, a missing one is not.
        """
        result = None
        for rule in self._mapping.fields.get(name, ()):
            if not self.meets(rule.when):
                continue
            # each value is tried to the end: of two, the first may be in no row of the table
            candidates = [rule.value] if rule.value is not None else self._candidates(rule)
            for candidate in candidates:
                value = self._apply(name, rule, candidate)
                if value != "":
                    return value
                result = "" if is_empty(candidate) else result
        return result

    def _candidates(self, rule: Rule) -> list[Any]:
        return [value for source in rule.sources for value in self.select(source)]

    def _apply(self, name: str, rule: Rule, value: Any) -> Any:
        """The value after `decode`, `pick` and `table`. The step `json` may give a list or object,
        which other fields look into."""
        for step in rule.decode:
            text = _as_text(value, name)
            if is_placeholder(text):
                return ""
            value = apply_step(step, text, name)
        if _is_nested(value):
            return value
        text = _as_text(value, name)
        # a number keeps its blanks: one in front of it is what a query makes of a plus
        if name in OUTPUTS and name != "number":
            text = text.strip()
        if is_placeholder(text):
            return ""
        if rule.pick:
            text = self._budget.pick(rule.pick, text, name)
        return text if rule.table is None else _lookup(rule.table, text)

    def _holds(self, source: str, condition: Condition) -> bool:
        text = self._replaced_text_at(source)
        stripped = text.strip()
        low = stripped.casefold()
        if condition.is_ is not None and not _is_listed(low, condition.is_):
            return False
        if condition.not_ is not None and _is_listed(low, condition.not_):
            return False
        pattern = condition.matches
        if pattern is not None and not self._budget.search(pattern, stripped, source):
            return False
        if condition.own is None:
            return True
        # with its blanks, since one of them may be a plus
        return condition.own == (normalise(text, self._profile).kind == "internal")

    def _replaced_text_at(self, source: str) -> str:
        """The first text there that is neither empty nor a placeholder, with its blanks."""
        texts = (_as_text(value, source) for value in self.select(source))
        return next((text for text in texts if text.strip() and not is_placeholder(text)), "")

    def _text(self, name: str) -> str:
        return _as_text(self._field(name), name)

    def _phase(self) -> Phase | None:
        word = self._text("event").lower()
        if word == IGNORE:
            return None
        for phase in PHASES:
            if word == phase:
                return phase
        # the word as sent helps an administrator more than the result of a table, which is empty
        rules = self._mapping.fields.get("event", ())
        raw_words = (self.text_at(source) for rule in rules for source in rule.sources)
        shown = word or next((text for text in raw_words if text), "")
        if not shown:
            raise HitError("event", "missing")
        raise HitError("event", "event-unknown", event=shown[:60])

    def _check_required(self, extension: str) -> None:
        for name in self._mapping.require:
            text = extension if name == "extension" else self._text(name)
            if not text.strip() and not (name == "number" and self._is_present(name)):
                raise HitError(name, "missing")

    def _is_present(self, name: str) -> bool:
        """Whether the request has the field, even if it is empty or a placeholder."""
        rules = self._mapping.fields.get(name, ())
        return any(self._candidates(rule) for rule in rules if self.meets(rule.when))

    def _number(self) -> str | None:
        number = self._text("number")
        if number.strip():
            return number
        is_present = self._field("number") is not None
        return "" if is_present and self._mapping.empty_number == "withheld" else None

    def _limited(self, name: str, most: int) -> str:
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
        match = _DURATION.match(text)
        if match is None:
            raise HitError("duration", "duration-invalid", limit=999_999)
        whole, hours, minutes, seconds = match.groups()
        if whole is not None:
            return int(whole)
        return (int(hours) * 60 + int(minutes)) * 60 + int(seconds)


def _time(text: str) -> datetime | None:
    """Reads seconds or milliseconds since 1970, or ISO 8601 with an offset; None for the rest.

    A local time without an offset is not used, since nobody knows the clock of the phone.
    """
    match = _EPOCH.match(text)
    if match is not None:
        seconds = datetime.fromtimestamp(int(match.group(1)), UTC)
        return seconds.replace(microsecond=int(match.group(2) or 0) * 1000)
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def is_empty(value: Any) -> bool:
    """Whether a value is missing, or a text of nothing but blanks."""
    return value is None or (isinstance(value, str) and not value.strip())


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _as_text(value: Any, field: str) -> str:
    """The value as text. Phones cut names anywhere: half a character becomes a question mark."""
    if _is_nested(value):
        raise HitError(field, "text-expected")
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value)
    return text.encode("utf-8", "replace").decode()


def _is_listed(low: str, texts: tuple[str, ...]) -> bool:
    return any(low == text.casefold() or (text == "*" and low) for text in texts)


def _lookup(table: ReadOnly[str, str], text: str) -> str:
    low = text.strip().casefold()
    for key, value in table.items():
        if key.casefold() == low:
            return value
    return table.get("*", "") if low else ""
