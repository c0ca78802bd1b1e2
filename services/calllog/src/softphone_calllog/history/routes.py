"""The routes of the call history: `/api/calls`, `/api/comments` and `/api/recycle-bin`."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from softphone_calllog.calls import CallPage, CallStore
from softphone_calllog.comments import NO_COMMENTS, CommentStore
from softphone_calllog.handlers import call_changed
from softphone_calllog.history.readable_calls import ReadableCalls
from softphone_calllog.history.timeline import TimelineEntry, timeline
from softphone_calllog.record import CallRecord, Reader
from softphone_calllog.search.filter import (
    CallFilter,
    ResultFilter,
    in_both,
    readable_extensions,
)
from softphone_calllog.search.keys import record_keys_for
from softphone_calllog.search.query import CallQuery, Search
from softphone_calllog.settings import CalllogSettings
from softphone_common.access.viewers import viewer_of
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.contracts.call import CallJson
from softphone_common.contracts.entities import Comment
from softphone_common.contracts.events import CommentSaved
from softphone_common.domain.matching import Match, counterpart_key
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.records.visibility import FOR_EVERYONE, matches_for, sights_of
from softphone_common.http.auth import AdminCaller, AnyCaller, Caller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.search.terms import terms_of
from softphone_common.stores.keyset import KeysetPage, cut, time_position
from softphone_common.stores.rate_limit import Rate, RateLimiter
from softphone_common.stores.tenants import Tenants
from softphone_common.stores.users import UserCache

CALLS_OF_A_NUMBER = 20
"""The latest calls with a number whose comments are listed."""
TOTAL_MAX = 1000
"""Calls up to which the results of a search are counted."""

Cursor = Annotated[
    str | None, Query(max_length=2000, description="`next` of the page before; empty for the first")
]
Limit = Annotated[int, Query(ge=1, description="Items of a page; the installation has a maximum")]


class CallList(Page[CallJson]):
    """A page of calls."""

    total: int | None = Field(
        None,
        description="How many calls there are, counted up to 1,000; null unless `count` is set",
    )
    more_than_total: bool = Field(False, description="Whether there are more calls than `total`")
    comment_max: int = Field(description="Characters that a comment may have")


def empty_if_invisible(text: object) -> object:
    """An empty text for one of blanks and control characters only, which is refused like it."""
    if isinstance(text, str) and not any(c.isprintable() and not c.isspace() for c in text):
        return ""
    return text


class CommentInput(BaseModel):
    """A comment, and which of the call's matches it is about."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1), BeforeValidator(empty_if_invisible)] = Field(
        description="The comment, at most SOFTPHONE_COMMENT_MAX long"
    )
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
        readable: ReadableCalls,
        comments: CommentStore,
        tenants: Tenants,
        users: UserCache,
        security: SecurityLog,
        limiter: RateLimiter,
        bus: Bus,
        clock: Clock,
        settings: CalllogSettings,
    ) -> None:
        self._calls = calls
        self._readable = readable
        self._comments = comments
        self._tenants = tenants
        self._users = users
        self._security = security
        self._limiter = limiter
        self._rate = Rate("comments", settings.comments_rate, 60)
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self.router = APIRouter(prefix="/api", tags=["history"])
        add = self.router.add_api_route
        add("/calls", self.list_calls, methods=["GET"])
        add("/calls/{call}", self.show_call, methods=["GET"])
        add("/calls/{call}/timeline", self.show_timeline, methods=["GET"])
        add("/calls/{call}", self.delete_call, methods=["DELETE"], status_code=204)
        add("/calls/{call}/comments", self.list_comments_of_call, methods=["GET"])
        add("/calls/{call}/comments", self.add_comment, methods=["POST"], status_code=201)
        add("/comments", self.list_comments, methods=["GET"])
        add("/recycle-bin", self.list_deleted, methods=["GET"])
        add("/recycle-bin/{call}/restore", self.restore_call, methods=["POST"])

    async def list_calls(self, query: Annotated[CallQuery, Query()], caller: AnyCaller) -> CallList:
        """Lists calls, those that began last first. Users see the calls of their own extensions.

        Each call has its newest comments and their number; `/api/calls/{call}/comments` has all.
        """
        filter_ = self._filter(query, caller)
        size = min(query.limit, self._settings.page_max)
        page = await self._readable.page(caller, filter_, time_position(query.cursor), size)
        shown = await self._page_with_comments(caller, page)
        total = None
        if query.count and query.cursor is None:
            total = await self._readable.count(caller, filter_, TOTAL_MAX + 1)
        return CallList(
            items=shown.items,
            next=shown.next,
            total=None if total is None else min(total, TOTAL_MAX),
            more_than_total=total is not None and total > TOTAL_MAX,
            comment_max=self._settings.comment_max,
        )

    async def show_call(self, call: str, caller: AnyCaller) -> CallJson:
        """Shows one call with its newest comments. Only administrators see a deleted one."""
        return await self._with_comments(await self._readable.get(caller, call), caller)

    async def show_timeline(self, call: str, caller: AnyCaller) -> Page[TimelineEntry]:
        """Lists what each phone reported of a call, earliest first. It has one page only."""
        record = await self._readable.get(caller, call)
        return Page(items=timeline(record, with_hits=caller.may("admin")))

    async def delete_call(self, call: str, caller: AdminCaller) -> None:
        """Moves a call to the recycle bin in the caller's name."""
        record = await self._calls.delete(caller.tenant, call, caller.login, self._clock())
        if record is None:
            raise ProblemError("call-unknown")
        self._security.act("call-deleted", caller, f"call/{call}")
        # stored already: without the broker the browsers see it when they read the list again
        await self._bus.try_publish(call_changed(record))

    async def add_comment(self, call: str, comment: CommentInput, caller: AnyCaller) -> Comment:
        """Saves a comment to the call and, if `record` is set, to that record."""
        await self._limiter.acquire(self._rate, caller.user)
        limit = self._settings.comment_max
        if len(comment.text) > limit:
            raise ProblemError("text-too-long", field="text", limit=limit)
        record = await self._readable.get(caller, call)
        sights = sights_in(matches_for(viewer_of(caller), record.matches), comment.record)
        most = self._settings.comments_max
        if await self._comments.count(caller.tenant, call, most) >= most:
            raise ProblemError("comments-full", limit=most)
        saved = Comment(
            id=str(uuid4()),
            call=call,
            text=comment.text,
            author=caller.login,
            author_name=user.name if (user := self._users.get(caller.user)) else "",
            at=self._clock(),
            record=comment.record,
        )
        # before the comment, so that no comment is stored that the search does not find
        await self._calls.add_comment_keys(caller.tenant, call, comment.text)
        await self._comments.add(caller.tenant, saved, sights)
        # once more, since a word of it may have been dropped with a comment that was deleted
        await self._calls.add_comment_keys(caller.tenant, call, comment.text)
        if record.deleted_at is None:  # the users at its extensions no longer see a deleted call
            of = record.extensions
            event = CommentSaved(tenant=caller.tenant, comment=saved, extensions=of, sights=sights)
            await self._bus.try_publish(event)
        return saved

    async def list_comments_of_call(
        self, call: str, caller: AnyCaller, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[Comment]:
        """Lists all comments of a call, newest first.

        `record` is null for readers who may not see the record that a comment was saved to.
        """
        part = (await self._readable.get(caller, call)).part
        size = min(limit, self._settings.page_max)
        position = time_position(cursor)
        # one more than the page, so that the cursor tells nothing of a comment before the part
        viewer = viewer_of(caller)
        page = await self._comments.page(caller.tenant, call, position, size + 1, viewer)
        since = part.since if part else None
        readable = [comment for comment in page.items if since is None or comment.at >= since]
        shown = cut(readable, size, lambda comment: (comment.at, comment.id), _itself)
        return Page(items=shown.items, next=shown.cursor)

    async def list_comments(
        self,
        caller: AnyCaller,
        record: Annotated[
            str | None, Query(max_length=64, description="Id of a directory record")
        ] = None,
        number: Annotated[
            str | None, Query(max_length=128, description="A number in any spelling")
        ] = None,
        limit: Limit = 50,
    ) -> Page[Comment]:
        """Lists comments saved to a record or in calls with a number, newest first, on one page.

        One of both is needed, and both can be combined. The list has the comments whose call the
        caller may read, among the latest of the record or in the latest 20 calls with the number.
        Comments of deleted calls are left out.
        """
        if number is not None:
            comments = await self._comments_with(number, caller)
            return Page(items=[c for c in comments if record in {None, c.record}][:limit])
        if record is None:
            raise ProblemError("missing", field="record")
        size, viewer = self._settings.page_max, viewer_of(caller)
        latest = await self._comments.of_record(caller.tenant, record, size, viewer)
        calls = sorted({comment.call for comment in latest})
        extensions = readable_extensions(caller)
        readable = await self._calls.readable_among(caller.tenant, calls, extensions)
        return Page(items=[comment for comment in latest if comment.call in readable][:limit])

    async def _comments_with(self, number: str, caller: Caller) -> list[Comment]:
        """The comments in the latest calls with a number, newest first."""
        key = self._counterpart_key(caller.tenant, number)
        filter_ = CallFilter(caller.tenant, readable_extensions(caller), counterpart_key=key)
        parts = (await self._readable.page(caller, filter_, None, CALLS_OF_A_NUMBER)).items
        ids = [part.call.id for part in parts]
        size, viewer = self._settings.page_max, viewer_of(caller)
        comments = await self._comments.of_calls(caller.tenant, ids, size, viewer)
        found = [
            comment
            for part in parts
            for comment in part.visible_of(comments.get(part.call.id, NO_COMMENTS)).newest
        ]
        return sorted(found, key=lambda comment: (comment.at, comment.id), reverse=True)

    async def list_deleted(
        self, caller: AdminCaller, q: Search = None, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[CallJson]:
        """Lists the calls in the recycle bin, those deleted last first."""
        size, position = min(limit, self._settings.page_max), time_position(cursor)
        page = await self._calls.list_recycle_bin(caller.tenant, position, size, terms_of(q))
        return await self._page_with_comments(caller, page)

    async def restore_call(self, call: str, caller: AdminCaller) -> CallJson:
        """Takes a call out of the recycle bin. No sweep moves it there again."""
        record = await self._calls.restore(caller.tenant, call)
        if record is None:
            raise ProblemError("deleted-call-unknown")
        self._security.act("call-restored", caller, f"call/{call}")
        await self._bus.try_publish(call_changed(record))
        return await self._with_comments(record, caller)

    def _filter(self, query: CallQuery, caller: Caller) -> CallFilter:
        own = frozenset(caller.extensions)
        wanted = None if query.extension is None else frozenset({query.extension})
        extensions = in_both(readable_extensions(caller), wanted)
        if query.mine:
            extensions = in_both(extensions, own)
        if query.user is not None:
            extensions = in_both(extensions, self._extensions_of(caller.tenant, query.user))
        result = None
        if query.result:
            result = ResultFilter(frozenset(query.result), own, self._clock())
        # without days the list needs no tenant, which may not be cached yet
        time_zone = self._tenants.require(caller.tenant).time_zone if query.has_days else "UTC"
        return CallFilter(
            tenant=caller.tenant,
            extensions=extensions,
            phases=frozenset(query.phase) or None,
            direction=query.direction,
            counterpart_key=self._counterpart_key(caller.tenant, query.number),
            started_from=query.started_from(time_zone),
            started_before=query.started_before(time_zone),
            terms=query.terms,
            record_keys=record_keys_for(viewer_of(caller), query.record) if query.record else (),
            result=result,
        )

    def _extensions_of(self, tenant: str, user: str) -> frozenset[str]:
        cached = self._users.get(user)
        if cached is None or cached.tenant != tenant or not cached.active:
            raise ProblemError("user-unknown", field="user")
        return frozenset(cached.extensions)

    def _counterpart_key(self, tenant: str, number: str | None) -> str | None:
        if number is None:
            return None
        return counterpart_key(normalise(number, self._tenants.require(tenant).numbers))

    async def _page_with_comments(self, caller: Caller, page: CallPage) -> Page[CallJson]:
        ids = [record.call.id for record in page.items]
        newest = self._settings.comments_shown
        reader = self._reader(caller)
        viewer, comments = reader.viewer, {}
        if ids:
            comments = await self._comments.of_calls(caller.tenant, ids, newest, viewer)
        items = [
            record.json_for(reader, comments.get(record.call.id, NO_COMMENTS))
            for record in page.items
        ]
        return Page(items=items, next=page.cursor)

    async def _with_comments(self, record: CallRecord, caller: Caller) -> CallJson:
        page: CallPage = KeysetPage([record])
        return (await self._page_with_comments(caller, page)).items[0]

    def _reader(self, caller: Caller) -> Reader:
        users_at, own = self._users.at(caller.tenant), frozenset(caller.extensions)
        return Reader(users_at, self._users.get, own, self._clock(), viewer_of(caller))


def _itself(comment: Comment) -> Comment:
    return comment


def sights_in(matches: tuple[Match, ...], record: str | None) -> tuple[str, ...]:
    """The sights of a comment's record. Raises ProblemError 422 if it is none of the matches."""
    if record is None:
        return FOR_EVERYONE
    match = next((match for match in matches if match.record == record), None)
    if match is None:
        raise ProblemError("record-not-matched", field="record")
    return sights_of(match)
