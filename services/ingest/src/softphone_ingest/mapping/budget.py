"""Limits what a mapping may be when it is saved, and what a request may cost when it is read.

Costs are counted in operations before the work is done, whatever the speed of the machine. Patterns
are RE2, which runs in linear time.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any

import re2
from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticKnownError

from softphone_common.contracts.problem_codes import invalid
from softphone_common.domain.numbers.normalise import RAW_MAX, RemoteNumber, normalise
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.parsed_event import HitError

DECODE_MAX = 8
"""Steps of `decode` in one rule."""

ROWS_MAX = 1000
"""Rows of one table."""

WORDS_MAX = 200
"""Texts that one condition compares with."""

RULES_MAX = 250
"""Rules of one field, conditions of one rule, and replies of a mapping."""

PATTERNS_MAX = 40
"""Different patterns of a mapping. Each takes some milliseconds at most to compile."""

LISTS_MAX = 10
"""Sources of `each`."""

OPERATIONS_MAX = 50_000
"""Operations one request may cost. One is about a microsecond, so that no request takes more than
50 ms of the event loop. `test_worst_mappings.py` compares them with a floor."""

NUMBERS_MAX = 4_200
"""Operations that the numbers of each further event of a list may cost besides: those of one number
of any spelling, or of some ordinary ones. Other requests have their turn before each event."""

STEPS_MAX = 1_000_000
"""Steps all patterns together may take on one request.

RE2 takes at most one step for each byte of the text and each instruction of the pattern. Patterns
of presets have about a hundred instructions.
"""

VALUES_MAX = 20_000
"""Values all rules together may read from one request. A request with a hundred events needs some
thousands."""

STEPS_OF_OPERATION = 100
TEXT_COST = 2
CHARACTERS_OF_OPERATION = 100
CHARACTERS_OF_STEP = 10
"""Operations for a text that is looked at, and the characters of a text, and of one that a step of
`decode` changes, that add another."""

_PLAIN_MAX = 20
_PLAIN_NUMBER = 250
_NUMBER = 100
_NUMBER_CHARACTER = 32
"""Operations of a number in digits only, and of any other. Its notation is searched for prefixes,
remarks and further numbers."""

_COMPILED = 20
_SIZE_OF_OPERATION = 2
"""Operations of a pattern that has to be compiled, and the characters and instructions of it that
add another."""

_RANGES_OF_OPERATION = 50
"""Ranges of extensions that add another operation to a number."""

TEXT_MAX = 2000
"""Characters of the longest text a pattern is tried on. Fields of an event are a tenth of that."""

CLASSES_MAX = 4
"""Unicode classes such as `\\pL` in one pattern. Each costs hundreds of ranges when compiled."""

STORED = {"stored": True}
"""The context to validate a stored mapping in. An earlier release may have stored one above the
limits, and its phones must go on; the limits of a request end one that would take too long."""

_DEPTH = 8
"""Levels of a mapping, down to the pattern of a condition of a rule of a field."""

_CLASS = re.compile(r"\\[pP]")
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
# bytes of a compiled pattern with its caches: `a.{400}b` exceeds this, and is refused when saved
_OPTIONS.max_mem = 65_536


def at_most(limit: int) -> AfterValidator:
    """Refuses more members than this, except in a mapping that is validated as STORED."""

    def check(members: Any, info: ValidationInfo) -> Any:
        if len(members) > limit and info.context is not STORED:
            kind = "Dictionary" if isinstance(members, dict) else "Tuple"
            sizes = {"max_length": limit, "actual_length": len(members)}
            raise PydanticKnownError("too_long", {"field_type": kind, **sizes})
        return members

    return AfterValidator(check)


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """The compiled pattern. Raises re2.error if it is malformed or too large."""
    return re2.compile(pattern, _OPTIONS)


def check_pattern(pattern: str) -> str:
    """The pattern, compiled and kept. Raises pydantic's error for one that can't be."""
    # counted before anything is compiled, since compiling them is what takes the time
    if len(_CLASS.findall(pattern)) > CLASSES_MAX:
        raise invalid("pattern-classes-too-many", limit=CLASSES_MAX)
    try:
        compiled(pattern)
    except re2.error as error:
        why = error.args[0].decode("utf-8", "replace")
        raise invalid("pattern-invalid", reason=why) from None
    return pattern


Pattern = Annotated[str, Field(max_length=300), AfterValidator(check_pattern)]
"""A pattern in RE2 syntax: no look-around and no back-references, which take exponential time."""


def patterns_in(data: Any, depth: int = 0) -> Iterator[str]:
    """The patterns in data that is not validated yet, since compiling them takes the time."""
    if isinstance(data, dict):
        yield from (data[key] for key in ("pick", "matches") if isinstance(data.get(key), str))
        data = list(data.values())
    if isinstance(data, list | tuple) and depth < _DEPTH:
        for each in data:
            yield from patterns_in(each, depth + 1)


class Budget:
    """The operations, values and steps of patterns that are left for one request.

    It keeps the numbers it has read, since the members of a ring group share theirs.
    """

    def __init__(self, profile: NumberProfile) -> None:
        self._profile = profile
        self._operations_left = OPERATIONS_MAX
        self._numbers_left = 0
        self._spent_on_numbers = 0
        self._steps_left = STEPS_MAX
        self._values_left = VALUES_MAX
        self._numbers: dict[str, RemoteNumber] = {}
        # an earlier release may have stored a profile with any number of ranges
        self._ranges = len(profile.extension_ranges) // _RANGES_OF_OPERATION

    @property
    def spent(self) -> int:
        """The operations that were counted until now."""
        return OPERATIONS_MAX - self._operations_left + self._spent_on_numbers

    def begin_event(self) -> None:
        """Gives the numbers of a further event NUMBERS_MAX operations, after a pause for others."""
        self._numbers_left = NUMBERS_MAX

    def spend(self, operations: int, field: str) -> None:
        """Counts operations. Raises HitError naming `field` beyond OPERATIONS_MAX."""
        self._operations_left -= operations
        if self._operations_left < 0:
            raise HitError(field, "request-too-costly", limit=OPERATIONS_MAX)

    def count_values(self, count: int, source: str) -> None:
        """Counts values read at a source. Raises HitError naming it beyond VALUES_MAX."""
        # a source without values costs a search through the request as well
        self._values_left -= count + 1
        if self._values_left < 0:
            raise HitError(source, "values-too-many", limit=VALUES_MAX)
        self.spend(count + 1, source)

    def count_text(self, text: str, field: str, steps: int = 0) -> None:
        """Counts a text that is looked at and goes through this many steps of `decode`."""
        length = len(text)
        changed = steps * (length // CHARACTERS_OF_STEP + 1)
        self.spend(TEXT_COST + length // CHARACTERS_OF_OPERATION + changed, field)

    def number(self, raw: str, field: str = "number") -> RemoteNumber:
        """The number normalised. Raises HitError naming `field` beyond OPERATIONS_MAX."""
        if raw not in self._numbers:
            is_plain = len(raw) <= _PLAIN_MAX and raw.removeprefix("+").isdecimal()
            length = min(len(raw), RAW_MAX)
            notation = _PLAIN_NUMBER if is_plain else _NUMBER + _NUMBER_CHARACTER * length
            self._spend_on_number(notation + self._ranges, field)
            self._numbers[raw] = normalise(raw, self._profile)
        return self._numbers[raw]

    def _spend_on_number(self, operations: int, field: str) -> None:
        of_event = min(operations, self._numbers_left)
        self._numbers_left -= of_event
        self._spent_on_numbers += of_event
        self.spend(operations - of_event, field)

    def search(self, pattern: str, text: str, field: str) -> Any:
        """The first match, or None.

        Raises HitError naming `field` for a text over TEXT_MAX, or beyond STEPS_MAX.
        """
        if len(text) > TEXT_MAX:
            raise HitError(field, "pattern-text-too-long", limit=TEXT_MAX)
        expression = self._compiled(pattern, field)
        # the bound is known beforehand, so a search that could exceed it does not begin
        steps = expression.programsize * (len(text.encode()) + 1)
        self._steps_left -= steps
        if self._steps_left < 0:
            raise HitError(field, "patterns-too-costly")
        self.spend(steps // STEPS_OF_OPERATION + 1, field)
        return expression.search(text)

    def _compiled(self, pattern: str, field: str) -> Any:
        """The compiled pattern; one that others have displaced since is compiled again."""
        before = compiled.cache_info().misses
        expression = compiled(pattern)
        if compiled.cache_info().misses > before:
            # after the work, since it is a single pattern's and only then known
            size = len(pattern) + expression.programsize
            self.spend(_COMPILED + size // _SIZE_OF_OPERATION, field)
        return expression

    def pick(self, pattern: str, text: str, field: str) -> str:
        """The first group of the first match, or the whole match; empty where there is none."""
        match = self.search(pattern, text, field)
        if match is None:
            return ""
        return (match.group(1) if match.re.groups else match.group(0)) or ""
