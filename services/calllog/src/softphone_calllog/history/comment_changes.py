"""The routes that change, delete and restore comments.

A comment that was changed keeps its earlier texts. One that was deleted waits in the recycle bin,
and no search finds its call by its words.
"""

import asyncio
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from softphone_calllog.calls import CallStore
from softphone_calllog.comments import NO_COMMENTS, CommentStore
from softphone_calllog.history.readable_calls import ReadableCalls
from softphone_calllog.history.routes import Cursor, Limit, empty_if_invisible, sights_in
from softphone_calllog.record import CallRecord
from softphone_calllog.settings import CalllogSettings
from softphone_common.access.viewers import viewer_of
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import Comment, CommentVersion
from softphone_common.contracts.events import CommentSaved
from softphone_common.domain.audience import Parts
from softphone_common.domain.call import Call
from softphone_common.domain.matching import Match
from softphone_common.domain.records.visibility import (
    FOR_EVERYONE,
    Viewer,
    matches_for,
    sights_of,
)
from softphone_common.http.auth import AdminCaller, AnyCaller, Caller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.search.keys import text_keys
from softphone_common.stores.keyset import time_position
from softphone_common.stores.rate_limit import Rate, RateLimiter

VERSIONS_MAX = 50
"""Changes of one comment, each of which keeps the text from before."""
_ATTEMPTS = 5
"""How often a change is tried while others change the comment."""


class CommentChangesInput(BaseModel):
    """The fields of a comment to change; the others stay as they are."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1), BeforeValidator(empty_if_invisible)] = Field(
        "-", description="The comment, at most SOFTPHONE_COMMENT_MAX long"
    )
    record: str | None = Field(
        None,
        max_length=64,
        description="Id of a record among the call's matches, to which the comment is moved; null"
        " for none",
    )


class CommentChangesApi:
    """Changes of comments over HTTP, by their authors and by administrators."""

    def __init__(
        self,
        calls: CallStore,
        readable: ReadableCalls,
        comments: CommentStore,
        security: SecurityLog,
        limiter: RateLimiter,
        bus: Bus,
        clock: Clock,
        settings: CalllogSettings,
    ) -> None:
        self._calls = calls
        self._readable = readable
        self._comments = comments
        self._security = security
        self._limiter = limiter
        self._rate = Rate("comments", settings.comments_rate, 60)
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self.router = APIRouter(prefix="/api", tags=["history"])
        add = self.router.add_api_route
        one = "/calls/{call}/comments/{comment}"
        add(one, self.edit_comment, methods=["PATCH"])
        add(one, self.delete_comment, methods=["DELETE"], status_code=204)
        add(f"{one}/versions", self.list_versions, methods=["GET"])
        add("/recycle-bin/comments", self.list_deleted_comments, methods=["GET"])
        restore = "/recycle-bin/comments/{comment}/restore"
        add(restore, self.restore_comment, methods=["POST"])

    async def edit_comment(
        self, call: str, comment: str, changes: CommentChangesInput, caller: AnyCaller
    ) -> Comment:
        """Changes the text of a comment, or the record it is saved to. The text from before is
        kept and can be read by all who read the comment.

        Only its author and administrators may (`comment-of-another`).
        """
        await self._limiter.acquire(self._rate, caller.user)
        limit = self._settings.comment_max
        if len(changes.text) > limit:
            raise ProblemError("text-too-long", field="text", limit=limit)
        record = await self._readable.get(caller, call)
        visible = matches_for(viewer_of(caller), record.matches)
        for _ in range(_ATTEMPTS):
            stored = await self._own(caller, record, comment)
            fields = changes.model_dump(include=changes.model_fields_set)
            shown = _shown(stored, caller, visible)
            if all(getattr(shown, name) == value for name, value in fields.items()):
                return shown
            if len(await self._comments.versions(caller.tenant, comment)) >= VERSIONS_MAX:
                raise ProblemError("comment-versions-full", limit=VERSIONS_MAX)
            fields |= {"edited_at": self._clock(), "edited_by": caller.login}
            changed = stored.model_copy(update=fields)
            sights = None
            if "record" in changes.model_fields_set:
                sights = sights_in(visible, changes.record)
            # before the comment, so that no comment is stored that the search does not find
            await self._calls.add_comment_keys(caller.tenant, call, changed.text)
            if await self._comments.replace(caller.tenant, stored, changed, sights):
                await self._publish(record, changed)
                await self._drop_keys(caller.tenant, stored)
                return _shown(changed, caller, visible)
        raise ProblemError("comment-unknown")

    async def list_versions(
        self, call: str, comment: str, caller: AnyCaller
    ) -> Page[CommentVersion]:
        """Lists the texts that a comment had before its changes, earliest first, on one page."""
        record = await self._readable.get(caller, call)
        await self._get(caller, record, comment)
        versions = await self._comments.versions(caller.tenant, comment)
        seen = {match.record for match in matches_for(viewer_of(caller), record.matches)}
        items = [
            version if version.record in seen else version.model_copy(update={"record": None})
            for version in versions
        ]
        return Page(items=items)

    async def delete_comment(self, call: str, comment: str, caller: AnyCaller) -> None:
        """Moves a comment to the recycle bin. Only its author and administrators may."""
        await self._limiter.acquire(self._rate, caller.user)
        record = await self._readable.get(caller, call)
        await self._own(caller, record, comment)
        at = self._clock()
        removed = await self._comments.remove(caller.tenant, comment, caller.login, at)
        if removed is None:
            raise ProblemError("comment-unknown")
        self._security.act("comment-deleted", caller, f"comment/{comment}")
        await self._publish(record, removed.model_copy(update={"text": ""}))
        await self._drop_keys(caller.tenant, removed)

    async def list_deleted_comments(
        self, caller: AdminCaller, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[Comment]:
        """Lists the comments in the recycle bin, those deleted last first."""
        size = min(limit, self._settings.page_max)
        page = await self._comments.list_deleted(caller.tenant, time_position(cursor), size)
        return Page(items=page.items, next=page.cursor)

    async def restore_comment(self, comment: str, caller: AdminCaller) -> Comment:
        """Takes a comment out of the recycle bin, if its call has fewer comments than it may."""
        tenant = caller.tenant
        stored = await self._comments.get(tenant, comment, deleted=True)
        if stored is None:
            raise ProblemError("deleted-comment-unknown")
        most = self._settings.comments_max
        if await self._comments.count(tenant, stored.call, most) >= most:
            raise ProblemError("comments-full", limit=most)
        await self._calls.add_comment_keys(tenant, stored.call, stored.text)
        restored = await self._comments.restore(tenant, comment)
        if restored is None:
            raise ProblemError("deleted-comment-unknown")
        self._security.act("comment-restored", caller, f"comment/{comment}")
        record = await self._calls.get(tenant, stored.call)
        if record is not None:
            await self._publish(record, restored)
        return restored

    async def _get(self, caller: Caller, record: CallRecord, comment: str) -> Comment:
        """The comment of this call, if the caller may read it."""
        stored = await self._comments.get(caller.tenant, comment)
        since = record.part.since if record.part else None
        if stored is None or stored.call != record.call.id or (since and stored.at < since):
            raise ProblemError("comment-unknown")
        return stored

    async def _own(self, caller: Caller, record: CallRecord, comment: str) -> Comment:
        """The comment, if the caller may change it."""
        stored = await self._get(caller, record, comment)
        if stored.author != caller.login and not caller.may("admin"):
            raise ProblemError("comment-of-another")
        return stored

    async def _drop_keys(self, tenant: str, stored: Comment) -> None:
        """Has the call found no longer by words that only the earlier text had."""
        most = self._settings.comments_max
        comments = await self._comments.of_calls(tenant, [stored.call], most, Viewer())
        kept = comments.get(stored.call, NO_COMMENTS).newest
        dropped = {*text_keys(stored.text)}
        for each in kept:
            dropped.difference_update(text_keys(each.text))
            await asyncio.sleep(0)  # a call may have many long comments
        if dropped:
            await self._calls.add_comment_keys(tenant, stored.call, "", dropped)

    async def _publish(self, record: CallRecord, comment: Comment) -> None:
        """Sends the comment to the browsers of those who read it, unless the call is deleted."""
        if record.deleted_at is not None:
            return
        # the sights of a record that the call does not show any more are not known here
        known = {match.record: sights_of(match) for match in record.matches}
        event = CommentSaved(
            tenant=record.tenant,
            comment=comment,
            extensions=_readers(record.call, comment),
            sights=known.get(comment.record, ()) if comment.record else FOR_EVERYONE,
        )
        await self._bus.try_publish(event)


def _readers(call: Call, comment: Comment) -> tuple[str, ...]:
    """The extensions of the call whose users read the comment: a guest reads later ones only."""
    parts = Parts(call)
    seen = ((each, parts.for_users_at((each,))) for each in sorted(parts.extensions))
    return tuple(
        extension
        for extension, part in seen
        if part is not None and (part.since is None or comment.at >= part.since)
    )


def _shown(comment: Comment, caller: Caller, visible: Iterable[Match]) -> Comment:
    """The comment without a record that the caller does not see among the visible matches."""
    seen = {match.record for match in visible}
    if comment.record is None or comment.record in seen or caller.may("admin"):
        return comment
    return comment.model_copy(update={"record": None})
