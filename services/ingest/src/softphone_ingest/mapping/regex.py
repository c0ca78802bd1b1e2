"""Regular expressions of mappings. RE2 runs them in linear time, and a budget limits their sum."""

import re
from functools import lru_cache
from typing import Annotated, Any

import re2
from pydantic import AfterValidator, Field

from softphone_common.contracts.problem_codes import invalid
from softphone_ingest.mapping.parsed_event import HitError

TEXT_MAX = 2000
"""Characters of the longest text a pattern is tried on. Fields of an event are a tenth of that."""

STEPS_MAX = 1_000_000
"""Steps all patterns together may take on one request.

RE2 takes at most one step for each byte of the text and each instruction of the pattern. Patterns
of presets have about a hundred instructions.
"""

VALUES_MAX = 20_000
"""Values all rules together may read from one request. A request with a hundred events needs some
thousands."""

CLASSES_MAX = 4
"""Unicode classes such as `\\pL` in one pattern. Each costs hundreds of ranges when compiled."""

_CLASS = re.compile(r"\\[pP]")
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
# bytes of a compiled pattern with its caches: `a.{400}b` exceeds this, and is refused when saved
_OPTIONS.max_mem = 65_536


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> Any:
    """The compiled pattern. Raises re2.error if it is malformed or too large."""
    return re2.compile(pattern, _OPTIONS)


def _check(pattern: str) -> str:
    # counted before anything is compiled, since compiling them is what takes the time
    if len(_CLASS.findall(pattern)) > CLASSES_MAX:
        raise invalid("pattern-classes-too-many", limit=CLASSES_MAX)
    try:
        _compile(pattern)
    except re2.error as error:
        why = error.args[0].decode("utf-8", "replace")
        raise invalid("pattern-invalid", reason=why) from None
    return pattern


Pattern = Annotated[str, Field(max_length=300), AfterValidator(_check)]
"""A pattern in RE2 syntax: no look-around and no back-references, which take exponential time."""


class SearchBudget:
    """Counts the values read and the steps of patterns for one request, and ends both."""

    def __init__(self) -> None:
        self._steps_left = STEPS_MAX
        self._values_left = VALUES_MAX

    def count_values(self, count: int, source: str) -> None:
        """Counts values read at a source. Raises HitError naming it beyond VALUES_MAX."""
        # a source without values costs a search through the request as well
        self._values_left -= count + 1
        if self._values_left < 0:
            raise HitError(source, "values-too-many", limit=VALUES_MAX)

    def search(self, pattern: str, text: str, field: str) -> Any:
        """The first match, or None.

        Raises HitError naming `field` for a text over TEXT_MAX, or beyond STEPS_MAX.
        """
        if len(text) > TEXT_MAX:
            raise HitError(field, "pattern-text-too-long", limit=TEXT_MAX)
        expression = _compile(pattern)
        # the bound is known beforehand, so a search that could exceed it does not begin
        self._steps_left -= expression.programsize * (len(text.encode()) + 1)
        if self._steps_left < 0:
            raise HitError(field, "patterns-too-costly")
        return expression.search(text)

    def pick(self, pattern: str, text: str, field: str) -> str:
        """The first group of the first match, or the whole match; empty where there is none."""
        match = self.search(pattern, text, field)
        if match is None:
            return ""
        return (match.group(1) if match.re.groups else match.group(0)) or ""
