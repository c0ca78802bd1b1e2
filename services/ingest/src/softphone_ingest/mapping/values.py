"""Gives the values of a mapping's fields for one event: selected, decoded, picked and looked up."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as ReadOnly
from functools import partial
from typing import Any

from softphone_common.domain.numbers.notation.sip import parse_channel, parse_uri
from softphone_common.domain.numbers.placeholders import is_unset
from softphone_common.domain.numbers.text import only_digits
from softphone_common.domain.own_lines import OwnLines
from softphone_ingest.mapping.body import parse_json
from softphone_ingest.mapping.budget import Budget
from softphone_ingest.mapping.parsed_event import FILLED_MAX, HitError
from softphone_ingest.mapping.request import decode_percent, decode_text
from softphone_ingest.mapping.schema import OUTPUTS, PLACES, Condition, Mapping, Rule, Step, fill
from softphone_ingest.mapping.tree import (
    Member,
    as_condition,
    as_text,
    is_empty,
    is_nested,
    walk,
)

Select = Callable[[str, str], list[Any]]
"""Gives all values at a place of the request: `path`, `query` ... and the rest of the source."""


class FieldValues:
    """The values of one event, each read on demand and at most once.

    `member` is the member of the mapping's list `each` that the event stands for, or None. Values
    that do not depend on the member are read by `common`, once for all events of the request.
    """

    def __init__(
        self,
        select: Select,
        budget: Budget,
        mapping: Mapping,
        lines: OwnLines | None,
        member: Member | None = None,
        common: "FieldValues | None" = None,
    ) -> None:
        self._select = select
        self._budget = budget
        self.mapping = mapping
        self._lines = lines
        self._member = member
        self._common = common
        self._values: dict[str, Any] = {}
        self._raw: dict[str, list[str]] = {}
        self._replaced: dict[str, str] = {}

    def of_member(self, member: Member | None) -> "FieldValues":
        """The values of this member, which takes from here what does not depend on it."""
        return FieldValues(self._select, self._budget, self.mapping, self._lines, member, self)

    def meets(self, when: ReadOnly[str, Condition]) -> bool:
        """Whether all conditions of a rule hold."""
        return all(self._holds(source, condition) for source, condition in when.items())

    def text_at(self, source: str) -> str:
        """The first text there that is not empty; a placeholder counts as a text."""
        texts = (self._counted(as_text(value, source), source) for value in self.select(source))
        return next((text.strip() for text in texts if text.strip()), "")

    def _counted(self, text: str, field: str) -> str:
        self._budget.count_text(text, field)
        return text

    def select(self, source: str) -> list[Any]:
        """All values the source names. Raises HitError beyond the budget of the request."""
        if "{" in source:
            text = fill(source, self._replaced_text_at)
            # templates of templates would grow without end
            if len(text) > FILLED_MAX:
                raise HitError(source, "text-too-long", limit=FILLED_MAX)
            return [text] if text else []
        place, _, rest = source.partition(".")
        if place == "each":
            count = partial(self._budget.spend, field=source)
            values = [] if self._member is None else walk(self._member.value, rest, count)
        elif place == "outer":
            values = self._around(rest, source)
        elif place in PLACES:
            values = self._select(place, rest)
        else:
            values = walk(self.field(place), rest, partial(self._budget.spend, field=source))
        self._budget.count_values(len(values), source)
        return values

    def _around(self, path: str, source: str) -> list[Any]:
        """The values at this path in the nearest of what is around the member that has any."""
        ancestors = self._member.ancestors if self._member is not None else ()
        count = partial(self._budget.spend, field=source)
        found = (walk(ancestor, path, count) for ancestor in ancestors)
        return next((values for values in found if values), [])

    def field(self, name: str) -> Any:
        """The value of a field, which may be a list or an object of JSON."""
        if self._common is not None and not self.mapping.varies(name):
            return self._common.field(name)
        if name not in self._values:
            try:
                self._values[name] = self._evaluate(name)
            except HitError as error:
                self._values[name] = error
        if isinstance(self._values[name], HitError):
            raise self._values[name]
        return self._values[name]

    def _evaluate(self, name: str) -> Any:
        """The first value that is not empty; "" if the request has empty ones only, None if none.

        The two differ for the number of a call: an empty one may be withheld, a missing one is not.
        """
        result = None
        for rule in self.mapping.fields.get(name, ()):
            self._budget.spend(1, name)
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
            text = as_text(value, name)
            self._budget.count_text(text, name, steps=1)
            if is_unset(text):
                return ""
            value = apply_step(step, text, name)
        if is_nested(value):
            return value
        text = self._counted(as_text(value, name), name)
        # a number keeps its blanks: one in front of it is what a query makes of a plus
        if name in OUTPUTS and name != "number":
            text = text.strip()
        if is_unset(text):
            return ""
        if rule.pick:
            text = self._budget.pick(rule.pick, text, name)
        return rule.in_table(text)

    def _holds(self, source: str, condition: Condition) -> bool:
        text = self._replaced_text_at(source)
        stripped = text.strip()
        self._budget.count_text(text, source)
        if not condition.allows(stripped.casefold()):
            return False
        pattern = condition.matches
        if pattern is not None and not self._budget.search(pattern, stripped, source):
            return False
        if condition.own is None:
            return True
        # with its blanks, since one of them may be a plus
        number = partial(self._budget.number, field=source)
        is_line = self._lines is not None and self._lines.has(text, number)
        return condition.own == (is_line or number(text).kind == "internal")

    def _replaced_text_at(self, source: str) -> str:
        """The first text there that is neither empty nor a placeholder, with its blanks."""
        if self._common is not None and not self.mapping.varies(source):
            return self._common._replaced_text_at(source)
        if source not in self._replaced:
            values = (as_condition(value, source) for value in self.select(source))
            texts = (self._counted(text, source) for text in values)
            found = (text for text in texts if text.strip() and not is_unset(text))
            self._replaced[source] = next(found, "")
        return self._replaced[source]

    def raw_texts(self, name: str) -> list[str]:
        """The different texts of the request for the field, before they are interpreted."""
        if self._common is not None and not self.mapping.varies(name):
            return self._common.raw_texts(name)
        # kept, because a field that many others name is read once for each way to it otherwise
        if name not in self._raw:
            rules = self.mapping.fields.get(name, ())
            found = (text for rule in rules if self.meets(rule.when) for text in self._texts(rule))
            self._raw[name] = list(dict.fromkeys(found))
        return self._raw[name]

    def _texts(self, rule: Rule) -> Iterator[str]:
        if rule.value is not None:
            yield rule.value
        for source in rule.sources:
            # the value of a field may be empty where the text it is made of is a placeholder
            is_field = source in self.mapping.fields
            values = self.raw_texts(source) if is_field else self.select(source)
            yield from (str(each) for each in values if not is_empty(each) and not is_nested(each))

    def is_present(self, name: str) -> bool:
        """Whether the request has the field, even if it is empty or a placeholder."""
        rules = self.mapping.fields.get(name, ())
        return any(self._candidates(rule) for rule in rules if self.meets(rule.when))


# --- the steps of `decode` ------------------------------------------------------------------------

_USER_END = re.compile(r"[;>?]")
_LOST_PLUS = re.compile(r"^ +[1-9]")


def apply_step(step: Step, text: str, field: str) -> Any:
    """The text after one step. The step `json` may give any value of JSON.

    Only `base64` and `json` raise HitError, which names `field`. The other steps leave a text that
    does not have their form as it is.
    """
    return _STEPS[step](text, field)


def _base64(text: str, field: str) -> str:
    """Reads both alphabets of RFC 4648, with or without padding."""
    # a query turns the plus of the alphabet into a blank
    tight = text.strip("\r\n").replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return decode_text(base64.b64decode(tight + "=" * (-len(tight) % 4), validate=True))
    except (binascii.Error, ValueError):
        raise HitError(field, "base64-invalid") from None


def _plus(text: str, _: str) -> str:
    """Restores the plus of a number, which a query turns into a blank."""
    return f"+{text.strip()}" if _LOST_PLUS.match(text) else text


def _uri(text: str, _: str) -> str:
    # RFC 3261 allows these signs in a user, but extensions have none of them. Cut before parsing,
    # which only takes out parameters: of `21; second floor` it would leave `21 floor`.
    uri = _USER_END.split(text.strip().rpartition("<")[2], maxsplit=1)[0]
    return parse_uri(uri).user.strip(" '\"/")


def _channel(text: str, _: str) -> str:
    channel = parse_channel(text)
    # the peer behind a trunk is the other party, and this step is for the own extension
    return text if channel is None or channel.trunk else channel.device


_STEPS: dict[Step, Callable[[str, str], Any]] = {
    "trim": lambda text, _: text.strip(),
    "percent": lambda text, _: decode_percent(text.encode()),
    "base64": _base64,
    "json": parse_json,
    "plus": _plus,
    "uri": _uri,
    "channel": _channel,
    "digits": lambda text, _: only_digits(text),
    "lower": lambda text, _: text.lower(),
    "upper": lambda text, _: text.upper(),
}
