"""`PUT /api/directory/records`: the records of an application, thousands in one request."""

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request

from softphone_common.http.auth import AdminCaller, Caller
from softphone_common.http.body_limit import read_upload
from softphone_common.http.problem import ProblemError
from softphone_matcher.directory.input import SentRecord
from softphone_matcher.directory.upsert import Unreadable, Upsert, UpsertResult, each
from softphone_matcher.settings import MatcherSettings

_PATH = "/api/directory/records"
ROUTE = f"PUT {_PATH}"
NDJSON = "application/x-ndjson"
_AT_ONCE_MAX = 4
"""Tenants that may send records to one process at once, each of them one request."""
_RETRY_SECONDS = 5
_RECORD = SentRecord.model_json_schema(ref_template="#/components/schemas/{model}")
del _RECORD["$defs"]  # they are among the components of the document
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["items"],
                    "properties": {"items": {"type": "array", "items": _RECORD}},
                }
            },
            NDJSON: {"schema": {"type": "string", "description": "A record in each line"}},
        },
    }
}


class UpsertApi:
    """Applications fill the directory, for example every night with all their records."""

    def __init__(self, upsert: Upsert, settings: MatcherSettings) -> None:
        self._upsert = upsert
        self._settings = settings
        self._busy: set[str] = set()
        """The tenants that send records now."""
        self.router = APIRouter(tags=["directory"])
        self.router.add_api_route(_PATH, self.put_records, methods=["PUT"], openapi_extra=_BODY)

    async def put_records(self, request: Request, caller: AdminCaller) -> UpsertResult:
        """Adds records, and replaces those sent before with the same `source` and `host_id`.

        The body is `{"items": [...]}`, or NDJSON with a record in each line. A record that is not
        valid is refused with its reason, and all others are kept. Unchanged records are not
        written, so a whole address book can be sent again as often as one likes. A deleted record
        that is sent comes back. A tenant has one such request at a time; another is answered 429.
        """
        if caller.tenant in self._busy or len(self._busy) >= _AT_ONCE_MAX:
            seconds = _RETRY_SECONDS
            headers = {"Retry-After": str(seconds)}
            raise ProblemError("rate-limit-exceeded", headers=headers, seconds=seconds)
        self._busy.add(caller.tenant)
        try:
            return await self._take(request, caller)
        finally:
            self._busy.remove(caller.tenant)

    async def _take(self, request: Request, caller: Caller) -> UpsertResult:
        body = await read_upload(request, self._settings.upload_max)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        items = _lines(body) if kind == NDJSON else each(_items(body))
        return await self._upsert.run(caller, items)


def _items(body: bytearray) -> list[Any]:
    """The items in the JSON. Raises ProblemError 422."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProblemError("json-invalid", "body", reason=str(error)) from None
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise ProblemError("missing", field="items")
    return items


async def _lines(body: bytearray) -> AsyncIterator[Any]:
    """The value of each line that is not empty."""
    for line in body.splitlines():
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield Unreadable()
