"""`/api/directory/picks`: which of several records a user took for a number."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.access.viewers import viewer_of
from softphone_common.contracts.entities import Tenant
from softphone_common.domain.matching import lookup_key
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.records.visibility import matches_for
from softphone_common.http.auth import AnyCaller
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.directory.store import Finder
from softphone_matcher.picks.store import PickStore

Number = Annotated[str, Query(max_length=128, description="In any spelling")]


class Pick(BaseModel):
    """A record that the user took for a number."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=128, description="In any spelling, such as that of the call")
    record: str = Field(max_length=64, description="Id of a record that the number finds")


class PickApi:
    """Picks over HTTP. They only order records, so that the likeliest is shown first."""

    def __init__(
        self,
        picks: PickStore,
        finder: Finder,
        require_tenant: Callable[[str], Tenant],
        rematching: Rematching,
        clock: Clock,
    ) -> None:
        self._picks = picks
        self._finder = finder
        self._require_tenant = require_tenant
        self._rematching = rematching
        self._clock = clock
        self.router = APIRouter(prefix="/api/directory/picks", tags=["directory"])
        add = self.router.add_api_route
        add("", self.pick_record, methods=["POST"], status_code=204)
        add("", self.forget_pick, methods=["DELETE"], status_code=204)

    async def pick_record(self, pick: Pick, caller: AnyCaller) -> None:
        """Remembers that the user took this record for this number, in place of another one.

        Among records that are equally sure the user sees it first from now on, and others see those
        first that most users took. `record-unknown`: the number does not find the record, or the
        user may not see it.
        """
        key = self._key(caller.tenant, pick.number)
        found = (await self._finder.find(caller.tenant, [key]))[key] if key else ()
        matches = matches_for(viewer_of(caller), found)
        if key is None or pick.record not in {match.record for match in matches}:
            raise ProblemError("record-unknown", field="record")
        # a match names the reader alone
        if any(match.picked_by for match in matches if match.record == pick.record):
            return
        await self._picks.pick(caller.tenant, caller.user, key, pick.record, self._clock())
        if len(found) > 1:  # one record alone has no order
            await self._rematching.publish(caller.tenant, [key])

    async def forget_pick(self, number: Number, caller: AnyCaller) -> None:
        """Forgets the record that the user took for this number, if there is one."""
        key = self._key(caller.tenant, number)
        if key is not None:
            await self._picks.forget(caller.tenant, caller.user, key)
            await self._rematching.publish(caller.tenant, [key])

    def _key(self, tenant: str, number: str) -> str | None:
        return lookup_key(normalise(number, self._require_tenant(tenant).numbers))
