"""The routes of dead letters, for operators: `/api/dead-letters`."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from softphone_common.audit.security_log import SecurityLog
from softphone_common.contracts.entities import TENANT_PATTERN, AuditEvent
from softphone_common.http.auth import Caller, OperatorCaller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.http.timestamps import Timestamp
from softphone_common.stores.keyset import time_position
from softphone_janitor.dead_letters.service import DeadLetterService
from softphone_janitor.dead_letters.store import DeadLetter, DeadLetterStore, Selection, State


class Replayed(BaseModel):
    """The result of a replay of many letters.

    If `replayed` equals `limit`, more letters may be waiting: repeat the request with the same
    `died_before`, because some letters may die again at once.
    """

    replayed: int = Field(description="Letters that were published to their queues")


def selection(
    queue: Annotated[
        str | None, Query(max_length=100, description="Only of this queue, such as `calllog.call`")
    ] = None,
    tenant: Annotated[str | None, Query(max_length=40, description="Only of this tenant")] = None,
    state: Annotated[State | None, Query(description="Only in this state")] = None,
    died_before: Annotated[
        Timestamp | None, Query(description="Only those that died last before this time (RFC 3339)")
    ] = None,
) -> Selection:
    """The dead letters that a request is about."""
    return Selection(queue=queue, tenant=tenant, state=state, died_before=died_before)


Selected = Annotated[Selection, Depends(selection)]
Limit = Annotated[int, Query(ge=1, description="Letters at most; the installation has a maximum")]
Cursor = Annotated[str | None, Query(description="`next` of the page before; empty for the first")]


class DeadLetterApi:
    """Dead letters over HTTP, for operators."""

    def __init__(
        self,
        store: DeadLetterStore,
        service: DeadLetterService,
        security: SecurityLog,
        page_max: int,
    ) -> None:
        self._store = store
        self._service = service
        self._security = security
        self._page_max = page_max
        self.router = APIRouter(prefix="/api/dead-letters", tags=["dead letters"])
        add = self.router.add_api_route
        add("", self.list_letters, methods=["GET"])
        add("/replay", self.replay_all, methods=["POST"])
        add("/{letter}", self.show, methods=["GET"])
        add("/{letter}", self.drop, methods=["DELETE"], status_code=204)
        add("/{letter}/replay", self.replay, methods=["POST"], status_code=202)

    async def list_letters(
        self,
        caller: OperatorCaller,
        selected: Selected,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[DeadLetter]:
        """Lists dead letters, those that died last first."""
        size = min(limit, self._page_max)
        page = await self._store.list_letters(selected, time_position(cursor), size)
        if cursor is None:
            self._security.read("dead-letters-read", caller, _tenant(selected.tenant))
        return Page(items=page.items, next=page.cursor)

    async def show(self, letter: str, caller: OperatorCaller) -> DeadLetter:
        """Shows one dead letter with its headers and its body."""
        stored = await self._require(letter)
        self._record("dead-letter-shown", caller, stored)
        return stored

    async def replay(self, letter: str, caller: OperatorCaller) -> DeadLetter:
        """Publishes a dead letter to the queue it died in, and to no other queue. A message that
        was partly processed before is not counted twice."""
        if not await self._service.replay(letter, caller.login):
            await self._require(letter)
            raise ProblemError("dead-letter-replayed")
        replayed = await self._require(letter)
        self._record("dead-letters-replayed", caller, replayed)
        return replayed

    async def replay_all(
        self, caller: OperatorCaller, selected: Selected, limit: Limit = 50
    ) -> Replayed:
        """Replays the selected letters that wait, those that died last first, up to `limit`."""
        most = min(limit, self._page_max)
        replayed = await self._service.replay_all(selected, most, caller.login)
        if replayed:
            self._security.act("dead-letters-replayed", caller, tenant=_tenant(selected.tenant))
        return Replayed(replayed=replayed)

    async def drop(self, letter: str, caller: OperatorCaller) -> None:
        """Deletes a dead letter. The message in it is lost."""
        stored = await self._store.get(letter)
        if stored is None or not await self._service.drop(letter, caller.login):
            raise _unknown()
        self._record("dead-letter-removed", caller, stored)

    async def _require(self, letter: str) -> DeadLetter:
        stored = await self._store.get(letter)
        if stored is None:
            raise _unknown()
        return stored

    def _record(self, event: AuditEvent, caller: Caller, letter: DeadLetter) -> None:
        tenant = _tenant(letter.tenant)
        self._security.act(event, caller, f"dead-letter/{letter.id}", tenant=tenant)


def _tenant(named: str | None) -> str | None:
    """The tenant that a message names; None if it is no id of a tenant."""
    return named if named is not None and re.fullmatch(TENANT_PATTERN, named) else None


def _unknown() -> ProblemError:
    return ProblemError("dead-letter-unknown")
