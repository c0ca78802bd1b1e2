"""Describes exceptions in logs without the data that their texts may quote.

A failed write of pymongo has the whole document in its text, pydantic the value it refused, and a
ValueError the text that could not be read: names, numbers and secrets.
"""

import traceback
from collections.abc import Iterator

from pydantic import ValidationError

_SILENT = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError)
"""Python's own errors that may quote a value. Those of the system name addresses and paths only."""


def error_text(error: BaseException) -> str:
    """The type of the error, and its text unless the text may quote data."""
    name = type(error).__name__
    if isinstance(error, ValidationError):
        errors = error.errors(include_input=False, include_url=False, include_context=False)
        fields = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in errors)
        return f"{name}: {fields}"
    if codes := _codes(error):
        return f"{name}: {', '.join(codes)}"
    if isinstance(error, _SILENT) or type(error).__module__.startswith("bson"):
        return name
    return f"{name}: {error}"


def _codes(error: BaseException) -> list[str]:
    """The codes of the server in an error of pymongo that has its answer."""
    details = getattr(error, "details", None)
    if not isinstance(details, dict) or getattr(error, "code", None) is None:
        return []
    writes = {str(write.get("code")) for write in details.get("writeErrors", ())}
    return [f"code {code}" for code in sorted(writes) or [str(getattr(error, "code", ""))]]


def traceback_text(error: BaseException) -> str:
    """The traceback of the error and of those that led to it, as `error_text` describes each."""
    return "\n".join(_lines(error, set()))


def _lines(error: BaseException, shown: set[int]) -> Iterator[str]:
    shown.add(id(error))
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None and id(earlier) not in shown:
        yield from _lines(earlier, shown)
        yield "This error led to the next one:"
    yield "Traceback (most recent call last):"
    yield from (line.rstrip("\n") for line in traceback.format_tb(error.__traceback__))
    yield error_text(error)
    for part in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        if id(part) not in shown:
            yield from _lines(part, shown)
