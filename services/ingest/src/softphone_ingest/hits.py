"""Reads one HTTP request of a phone into a hit; says which field is wrong and decides no more."""

import json
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.exceptions import HTTPException

from softphone_common.domain.calls import Direction, Phase
from softphone_common.http.problem import ProblemError

EVENTS: tuple[Phase, ...] = ("ringing", "connected", "ended", "missed")

EXTENSION_MAX = 64
TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """What a phone said, checked but not yet understood. `talk_seconds` is its own word for it."""

    phase: Phase
    extension: str
    number: str
    call_id: str
    direction: Direction | None
    name: str
    reason: str
    talk_seconds: int | None


async def read(request: Request, event: str, fixed_extension: str | None) -> Hit:
    """The hit in query, form or JSON; the body wins over the query.

    Raises ProblemError 422 naming the field. A `number` that is there but empty is an anonymous
    caller, one that is absent is an error.
    """
    if event not in EVENTS:
        raise _wrong("event", f"must be one of {', '.join(EVENTS)}")
    said = {**dict(request.query_params), **await _body(request)}
    extension = (fixed_extension or said.get("extension", "")).strip()
    if not extension:
        raise _wrong("extension", "is missing")
    if len(extension) > EXTENSION_MAX:
        raise _wrong("extension", f"is longer than {EXTENSION_MAX} characters")
    if "number" not in said:
        raise _wrong("number", "is missing")
    return Hit(
        phase=event,
        extension=extension,
        number=said["number"],
        call_id=said.get("call_id", "").strip(),
        direction=_direction(said.get("direction", "").strip().lower()),
        name=said.get("name", "").strip()[:TEXT_MAX],
        reason=said.get("reason", "").strip()[:TEXT_MAX],
        talk_seconds=_seconds(said.get("duration", "").strip()),
    )


def _wrong(field: str, why: str) -> ProblemError:
    return ProblemError(422, f"{field} {why}", field=field)


def _direction(text: str) -> Direction | None:
    for direction in get_args(Direction):
        if text == direction:
            return direction  # type: ignore[no-any-return]
    if text:
        raise _wrong("direction", "must be inbound or outbound")
    return None


def _seconds(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise _wrong("duration", "must be whole seconds, at most 999999")
    return int(text)


async def _body(request: Request) -> dict[str, str]:
    body = await request.body()
    if not body.strip():
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _multipart(request)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise _wrong("body", "is not UTF-8") from None
    if kind.endswith("json") or text.lstrip().startswith("{"):
        return _json(text)
    return dict(parse_qsl(text, keep_blank_values=True))


async def _multipart(request: Request) -> dict[str, str]:
    try:
        form = await request.form()
    except HTTPException as error:
        raise _wrong("body", f"is no form: {error.detail}") from None
    return {k: v for k, v in form.items() if isinstance(v, str)}


def _json(text: str) -> dict[str, str]:
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise _wrong("body", "is not JSON") from None
    if not isinstance(said, dict):
        raise _wrong("body", "must be a JSON object")
    for field, value in said.items():
        if isinstance(value, dict | list | bool):
            raise _wrong(field, "must be a text or a number")
    return {field: _whole(str(value)) for field, value in said.items() if value is not None}


def _whole(text: str) -> str:
    """With a question mark for each half of a character: phones cut names wherever they like."""
    return text.encode("utf-8", "replace").decode()
