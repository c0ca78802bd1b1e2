"""The routes of the call history: `/api/calls`, `/api/comments` and `/api/recycle-bin`."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from softphone_calllog.calls import CallRecord, CallStore, party
from softphone_calllog.comments import CommentStore
from softphone_calllog.handlers import changed
from softphone_calllog.recycle_bin import RecycleBin
from softphone_calllog.settings import CalllogSettings
from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import Comment, CommentSaved
from softphone_common.contracts.websocket import CallJson
from softphone_common.domain.call import Direction, Phase
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.http.auth import AdminCaller, AnyCaller, Caller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.http.timestamps import Timestamp
from softphone_common.process.clock import Clock
from softphone_common.stores.keyset import time_position
from softphone_common.stores.mongo import Document
from softphone_common.stores.tenants import Tenants

Cursor = Annotated[str | None, Query(max_length=2000)]
Limit = Annotated[int, Query(ge=1)]


class Filter(BaseModel):
    """Which calls of the history; `number` is any spelling, empty for withheld numbers."""

    model_config = ConfigDict(extra="forbid")

    extension: str | None = Field(None, max_length=64)
    phase: list[Phase] = Field(default_factory=list)
    direction: Direction | None = None
    number: str | None = Field(None, max_length=128)
    from_: Timestamp | None = Field(None, alias="from")
    to: Timestamp | None = None
    cursor: str | None = Field(None, max_length=2000)
    limit: int = Field(50, ge=1)


class CommentInput(BaseModel):
    """A comment, and which of the call's matches it is about."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1)
    record: str | None = Field(None, max_length=64)


class CallApi:
    """The call history over HTTP. A user reads the calls of the own extensions, an administrator
    those of the tenant."""

    def __init__(
        self,
        calls: CallStore,
        comments: CommentStore,
        bin_: RecycleBin,
        tenants: Tenants,
        bus: Bus,
        clock: Clock,
        settings: CalllogSettings,
    ) -> None:
        self._calls = calls
        self._comments = comments
        self._bin = bin_
        self._tenants = tenants
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self.router = APIRouter(prefix="/api", tags=["history"])
        add = self.router.add_api_route
        add("/calls", self.list_calls, methods=["GET"])
        add("/calls/{call}", self.show_call, methods=["GET"])
        add("/calls/{call}", self.delete_call, methods=["DELETE"], status_code=204)
        add("/calls/{call}/comments", self.add_comment, methods=["POST"], status_code=201)
        add("/comments", self.list_comments, methods=["GET"])
        add("/recycle-bin", self.list_deleted, methods=["GET"])
        add("/recycle-bin/{call}/restore", self.restore_call, methods=["POST"])

    async def list_calls(
        self, wanted: Annotated[Filter, Query()], caller: AnyCaller
    ) -> Page[CallJson]:
        """The calls, newest first; `from` is the first moment of their beginning, `to` the first
        no more."""
        query: Document = {**_readable(caller), "deleted_at": None}
        if wanted.extension is not None:
            query["extensions"] = {"$in": _own(caller, wanted.extension)}
        if wanted.phase:
            query["phase"] = {"$in": wanted.phase}
        if wanted.direction is not None:
            query["direction"] = wanted.direction
        if wanted.number is not None:
            profile = self._tenants.require(caller.tenant).numbers
            query["party"] = party(normalise(wanted.number, profile))
        began = {"$exists": True, "$gte": wanted.from_, "$lt": wanted.to}
        query["started_at"] = {k: v for k, v in began.items() if v is not None}
        return await self._page(query, "started_at", wanted.cursor, wanted.limit)

    async def show_call(self, call: str, caller: AnyCaller) -> CallJson:
        """One call."""
        return await self._with_comments(await self._readable_call(call, caller))

    async def delete_call(self, call: str, caller: AdminCaller) -> None:
        """Moves a call to the recycle bin in the caller's name."""
        deleted = await self._bin.put(caller.tenant, call, caller.login, self._clock())
        if deleted is None:
            raise ProblemError("call-unknown")
        await self._bus.try_publish(changed(deleted))

    async def add_comment(self, call: str, given: CommentInput, caller: AnyCaller) -> Comment:
        """Saves a comment to the call and to one of the records behind its number."""
        limit = self._settings.comment_max
        if len(given.text) > limit:
            raise ProblemError("text-too-long", field="text", limit=limit)
        known = await self._readable_call(call, caller)
        if given.record is not None and given.record not in {m.record for m in known.matches}:
            raise ProblemError("record-not-matched", field="record")
        comment = Comment(
            id=str(uuid4()),
            call=call,
            text=given.text,
            author=caller.login,
            at=self._clock(),
            record=given.record,
        )
        await self._comments.add(caller.tenant, comment)
        saved = CommentSaved(tenant=caller.tenant, comment=comment, extensions=known.extensions)
        await self._bus.try_publish(saved)
        return comment

    async def list_comments(
        self, record: Annotated[str, Query(max_length=64)], caller: AnyCaller, limit: Limit = 50
    ) -> Page[Comment]:
        """The latest comments saved to a record, newest first."""
        size = min(limit, self._settings.page_max)
        return Page(items=await self._comments.of_record(caller.tenant, record, size))

    async def list_deleted(
        self, caller: AdminCaller, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[CallJson]:
        """The recycle bin, latest first."""
        query: Document = {**_readable(caller), "deleted_at": {"$ne": None}}
        return await self._page(query, "deleted_at", cursor, limit)

    async def restore_call(self, call: str, caller: AdminCaller) -> CallJson:
        """Brings a call back; no sweep takes it again."""
        restored = await self._bin.restore(caller.tenant, call)
        if restored is None:
            raise ProblemError("deleted-call-unknown")
        await self._bus.try_publish(changed(restored))
        return await self._with_comments(restored)

    async def _readable_call(self, call: str, caller: Caller) -> CallRecord:
        known = await self._calls.get(caller.tenant, call)
        may = known is not None and (
            caller.may("admin") or set(known.extensions) & set(caller.extensions)
        )
        if known is None or not may:
            raise ProblemError("call-unknown")
        return known

    async def _page(
        self, query: Document, order: str, cursor: str | None, limit: int
    ) -> Page[CallJson]:
        size = min(limit, self._settings.page_max)
        page = await self._calls.page(query, order, time_position(cursor), size)
        ids = [call.call.id for call in page.items]
        comments = await self._comments.of_calls(query["tenant"], ids) if ids else {}
        items = [call.json(comments.get(call.call.id, ())) for call in page.items]
        return Page(items=items, next=page.cursor)

    async def _with_comments(self, call: CallRecord) -> CallJson:
        comments = await self._comments.of_calls(call.tenant, [call.call.id])
        return call.json(comments.get(call.call.id, ()))


def _readable(caller: Caller) -> Document:
    mine: Document = {"tenant": caller.tenant}
    return mine if caller.may("admin") else {**mine, "extensions": {"$in": [*caller.extensions]}}


def _own(caller: Caller, extension: str) -> list[str]:
    return [extension] if caller.may("admin") or extension in caller.extensions else []
