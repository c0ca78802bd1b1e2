"""Regular expressions of mappings, on RE2; refuses those that would hold up everybody else."""

import re
from functools import lru_cache
from typing import Annotated, Any

import re2
from pydantic import AfterValidator, Field

from softphone_common.contracts.problem_codes import invalid
from softphone_ingest.mapping.parsed_event import HitError

TRIED_MAX = 2000
"""Characters a pattern is tried on; a field of a hit is a tenth of it."""

STEPS_MAX = 1_000_000
"""Steps all patterns may take on one request. RE2 takes at most one for each byte of the text and
each instruction of the pattern, a hundred of which say a lot."""

VALUES_MAX = 20_000
"""Values all rules may look at in one request; a hundred events of it take some thousands."""

CLASSES_MAX = 4
"""Classes such as `\\pL` in a pattern: each has hundreds of ranges to be read."""

_CLASS = re.compile(r"\\[pP]")
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 65_536
"""Instructions beside what a search keeps; `a.{400}b` is too large for it."""


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    """The regular expression. Raises re2.error for what is none."""
    return re2.compile(pattern, _OPTIONS)


def _cheap(pattern: str) -> str:
    if len(_CLASS.findall(pattern)) > CLASSES_MAX:
        raise invalid("pattern-classes-too-many", limit=CLASSES_MAX)
    try:
        _compiled(pattern)
    except re2.error as error:
        why = error.args[0].decode("utf-8", "replace")
        raise invalid("pattern-invalid", reason=why) from None
    return pattern


Pattern = Annotated[str, Field(max_length=300), AfterValidator(_cheap)]
"""RE2 syntax: no look-around and no back-references, and never more than linear time."""


class Search:
    """What is looked at in one request, and what the patterns find in it; both have an end."""

    def __init__(self) -> None:
        self._left = STEPS_MAX
        self._values_left = VALUES_MAX

    def look(self, values: int, source: str) -> None:
        """Counts values found at a source. Raises HitError naming it if they are too many."""
        self._values_left -= values + 1  # finding none is work too
        if self._values_left < 0:
            raise HitError(source, "values-too-many", limit=VALUES_MAX)

    def first(self, pattern: str, text: str, field: str) -> Any:
        """The first match, None where there is none. Raises HitError naming `field`, for a text
        that is too long or one too many."""
        if len(text) > TRIED_MAX:
            raise HitError(field, "pattern-text-too-long", limit=TRIED_MAX)
        expression = _compiled(pattern)
        self._left -= expression.programsize * (len(text.encode()) + 1)
        if self._left < 0:
            raise HitError(field, "patterns-too-costly")
        return expression.search(text)

    def picked(self, pattern: str, text: str, field: str) -> str:
        """The first group of the first match, or all of it; empty where there is none."""
        found = self.first(pattern, text, field)
        if found is None:
            return ""
        return (found.group(1) if found.re.groups else found.group(0)) or ""
