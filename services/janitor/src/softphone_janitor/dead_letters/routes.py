"""The routes of dead letters, for operators: `/api/dead-letters`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from softphone_common.http.auth import OperatorCaller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.http.timestamps import Timestamp
from softphone_common.stores.keyset import time_position
from softphone_janitor.dead_letters.service import DeadLetterService
from softphone_janitor.dead_letters.store import DeadLetter, DeadLetterStore, Selection, State


class Replayed(BaseModel):
    """How many were given back to their queues.

    If it is as many as were asked for, ask again: with the same `died_before`, for some may die
    again at once.
    """

    replayed: int


def selection(
    queue: Annotated[str | None, Query(max_length=100)] = None,
    tenant: Annotated[str | None, Query(max_length=40)] = None,
    state: State | None = None,
    died_before: Timestamp | None = None,
) -> Selection:
    """Which are meant."""
    return Selection(queue=queue, tenant=tenant, state=state, died_before=died_before)


Selected = Annotated[Selection, Depends(selection)]
Limit = Annotated[int, Query(ge=1)]


class DeadLetterApi:
    """Dead letters over HTTP."""

    def __init__(
        self, store: DeadLetterStore, dead_letters_service: DeadLetterService, page_max: int
    ) -> None:
        self._store = store
        self._service = dead_letters_service
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
        _: OperatorCaller,
        selected: Selected,
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> Page[DeadLetter]:
        """What could not be handled, the latest first."""
        size = min(limit, self._page_max)
        page = await self._store.page(selected, time_position(cursor), size)
        return Page(items=page.items, next=page.cursor)

    async def show(self, letter: str, _: OperatorCaller) -> DeadLetter:
        """One of them."""
        found = await self._store.get(letter)
        if found is None:
            raise _unknown()
        return found

    async def replay(self, letter: str, caller: OperatorCaller) -> DeadLetter:
        """Gives it back to the queue it died in. Its handler sees it as if for the first time, and
        counts nothing twice."""
        if not await self._service.replay(letter, caller.login):
            await self.show(letter, caller)
            raise ProblemError("dead-letter-replayed")
        return await self.show(letter, caller)

    async def replay_all(
        self, caller: OperatorCaller, selected: Selected, limit: Limit = 50
    ) -> Replayed:
        """Gives back those that wait, the latest first, up to so many."""
        most = min(limit, self._page_max)
        return Replayed(replayed=await self._service.replay_all(selected, most, caller.login))

    async def drop(self, letter: str, caller: OperatorCaller) -> None:
        """Removes it for good."""
        if not await self._service.drop(letter, caller.login):
            raise _unknown()


def _unknown() -> ProblemError:
    return ProblemError("dead-letter-unknown")
