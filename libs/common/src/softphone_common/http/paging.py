"""The shape of lists in answers: `{items, next}` with an opaque cursor for the next page."""

import base64
import json
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from softphone_common.http.problem import ProblemError

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page of a list; `next` is null on the last page."""

    items: list[T]
    next: str | None = None


def encode_cursor(*position: Any) -> str:
    """A cursor for the position, whose parts must be JSON values."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type | tuple[type, ...]) -> tuple[Any, ...]:
    """The position in a cursor. Raises ProblemError 422 unless its parts have these types."""
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        json.dumps(
            position, ensure_ascii=False
        ).encode()  # MongoDB refuses lone surrogates, with an error that is not the client's
    except (ValueError, RecursionError):
        position = None
    fits = isinstance(position, list) and len(position) == len(kinds)
    if not fits or not all(isinstance(p, k) for p, k in zip(position, kinds, strict=True)):
        raise invalid_cursor()
    return tuple(position)


def invalid_cursor() -> ProblemError:
    """The problem of a cursor that was not made by `encode_cursor` for this list."""
    return ProblemError("cursor-invalid", field="cursor")
