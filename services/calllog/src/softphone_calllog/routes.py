"""The routes of the call history: `/api/calls`, `/api/comments` and `/api/recycle-bin`."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from softphone_calllog.calls import CallFilter, CallPage, CallStore
from softphone_calllog.comments import CommentStore
from softphone_calllog.handlers import call_changed
from softphone_calllog.record import CallRecord
from softphone_calllog.settings import CalllogSettings
from softphone_common.bus.bus import Bus
from softphone_common.contracts.call import CallJson
from softphone_common.contracts.entities import Comment
from softphone_common.contracts.events import CommentSaved
from softphone_common.domain.call import Direction, Phase
from softphone_common.domain.matching import counterpart_key
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.http.auth import AdminCaller, AnyCaller, Caller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.http.timestamps import Timestamp
from softphone_common.process.clock import Clock
from softphone_common.stores.keyset import time_position
from softphone_common.stores.tenants import Tenants

Cursor = Annotated[
    str | None, Query(max_length=2000, description="`next` of the page before; empty for the first")
]
Limit = Annotated[int, Query(ge=1, description="Items of a page; the installation has a maximum")]


class CallQuery(BaseModel):
    """Filters and page of the call list."""

    model_config = ConfigDict(extra="forbid")

    extension: str | None = Field(
        None, max_length=64, description="Only calls in which this extension has a part"
    )
    phase: list[Phase] = Field(
        default_factory=list, description="Only calls in one of these phases; may be repeated"
    )
    direction: Direction | None = Field(None, description="Only calls in this direction")
    number: str | None = Field(
        None,
        max_length=128,
        description=(
            "Only calls with this number, in any spelling, such as `089 99998001` or"
            " `+498999998001`; an empty text finds calls with a withheld number"
        ),
    )
    from_: Timestamp | None = Field(
        None, alias="from", description="Only calls that began at this time or later (RFC 3339)"
    )
    to: Timestamp | None = Field(
        None, description="Only calls that began before this time (RFC 3339)"
    )
    cursor: str | None = Field(
        None, max_length=2000, description="`next` of the page before; empty for the first"
    )
    limit: int = Field(50, ge=1, description="Calls of a page; the installation has a maximum")


class CommentInput(BaseModel):
    """A comment, and which of the call's matches it is about."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, description="The comment, at most SOFTPHONE_COMMENT_MAX long")
    record: str | None = Field(
        None,
        max_length=64,
        description="Id of a record among the call's matches, which gets the comment too",
    )


class CallApi:
    """The call history over HTTP. Users read the calls of their own extensions, administrators
    those of the tenant."""

    def __init__(
        self,
        calls: CallStore,
        comments: CommentStore,
        tenants: Tenants,
        bus: Bus,
        clock: Clock,
        settings: CalllogSettings,
    ) -> None:
        self._calls = calls
        self._comments = comments
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
        self, query: Annotated[CallQuery, Query()], caller: AnyCaller
    ) -> Page[CallJson]:
        """Lists calls, those that began last first. Users see the calls of their own extensions."""
        filter_ = CallFilter(
            tenant=caller.tenant,
            extensions=_readable_extensions(caller, query.extension),
            phases=frozenset(query.phase) or None,
            direction=query.direction,
            counterpart_key=self._counterpart_key(caller.tenant, query.number),
            started_from=query.from_,
            started_before=query.to,
        )
        size = min(query.limit, self._settings.page_max)
        page = await self._calls.list_calls(filter_, time_position(query.cursor), size)
        return await self._page_with_comments(caller.tenant, page)

    async def show_call(self, call: str, caller: AnyCaller) -> CallJson:
        """Shows one call with its comments, deleted or not."""
        return await self._with_comments(await self._readable_call(call, caller))

    async def delete_call(self, call: str, caller: AdminCaller) -> None:
        """Moves a call to the recycle bin in the caller's name."""
        record = await self._calls.delete(caller.tenant, call, caller.login, self._clock())
        if record is None:
            raise ProblemError("call-unknown")
        # stored already: without the broker the browsers see it when they read the list again
        await self._bus.try_publish(call_changed(record))

    async def add_comment(self, call: str, comment: CommentInput, caller: AnyCaller) -> Comment:
        """Saves a comment to the call and, if `record` is set, to that record."""
        limit = self._settings.comment_max
        if len(comment.text) > limit:
            raise ProblemError("text-too-long", field="text", limit=limit)
        record = await self._readable_call(call, caller)
        if comment.record is not None and comment.record not in {m.record for m in record.matches}:
            raise ProblemError("record-not-matched", field="record")
        saved = Comment(
            id=str(uuid4()),
            call=call,
            text=comment.text,
            author=caller.login,
            at=self._clock(),
            record=comment.record,
        )
        await self._comments.add(caller.tenant, saved)
        event = CommentSaved(tenant=caller.tenant, comment=saved, extensions=record.extensions)
        await self._bus.try_publish(event)
        return saved

    async def list_comments(
        self,
        record: Annotated[str, Query(max_length=64, description="Id of a directory record")],
        caller: AnyCaller,
        limit: Limit = 50,
    ) -> Page[Comment]:
        """Lists the latest comments saved to a record, newest first. It has one page only."""
        size = min(limit, self._settings.page_max)
        return Page(items=await self._comments.of_record(caller.tenant, record, size))

    async def list_deleted(
        self, caller: AdminCaller, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[CallJson]:
        """Lists the calls in the recycle bin, those deleted last first."""
        size = min(limit, self._settings.page_max)
        page = await self._calls.list_recycle_bin(caller.tenant, time_position(cursor), size)
        return await self._page_with_comments(caller.tenant, page)

    async def restore_call(self, call: str, caller: AdminCaller) -> CallJson:
        """Takes a call out of the recycle bin. No sweep moves it there again."""
        record = await self._calls.restore(caller.tenant, call)
        if record is None:
            raise ProblemError("deleted-call-unknown")
        await self._bus.try_publish(call_changed(record))
        return await self._with_comments(record)

    def _counterpart_key(self, tenant: str, number: str | None) -> str | None:
        if number is None:
            return None
        return counterpart_key(normalise(number, self._tenants.require(tenant).numbers))

    async def _readable_call(self, call_id: str, caller: Caller) -> CallRecord:
        record = await self._calls.get(caller.tenant, call_id)
        may_read = record is not None and (
            caller.may("admin") or set(record.extensions) & set(caller.extensions)
        )
        # a call of somebody else is answered as if there were none, so that ids can't be probed
        if record is None or not may_read:
            raise ProblemError("call-unknown")
        return record

    async def _page_with_comments(self, tenant: str, page: CallPage) -> Page[CallJson]:
        ids = [record.call.id for record in page.items]
        comments = await self._comments.of_calls(tenant, ids) if ids else {}
        items = [record.json(comments.get(record.call.id, ())) for record in page.items]
        return Page(items=items, next=page.cursor)

    async def _with_comments(self, record: CallRecord) -> CallJson:
        comments = await self._comments.of_calls(record.tenant, [record.call.id])
        return record.json(comments.get(record.call.id, ()))


def _readable_extensions(caller: Caller, extension: str | None) -> frozenset[str] | None:
    """The extensions whose calls the caller may read and wants to; None for all of the tenant."""
    wanted = None if extension is None else frozenset({extension})
    if caller.may("admin"):
        return wanted
    own = frozenset(caller.extensions)
    return own if wanted is None else own & wanted
