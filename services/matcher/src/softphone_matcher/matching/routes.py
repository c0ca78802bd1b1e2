"""The route `/api/directory/matches`: the records that a call of a number would show."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from softphone_common.access.viewers import viewer_of
from softphone_common.contracts.entities import Tenant
from softphone_common.domain.matching import Match, lookup_key
from softphone_common.domain.numbers.normalise import RemoteNumber, normalise
from softphone_common.domain.numbers.placeholders import is_unset
from softphone_common.domain.records.visibility import matches_for
from softphone_common.http.auth import AnyCaller
from softphone_matcher.matching.finder import MatchFinder


class NumberMatches(BaseModel):
    """A number as it was read, and the records that a call of it would show."""

    number: RemoteNumber
    matches: tuple[Match, ...]
    why: str | None = Field(
        description="The code of the reason why the number never finds a record: `number-own` and"
        " `number-ignored` are numbers of the company's lists, `number-internal` is an extension,"
        " and there are `number-service`, `number-withheld` and `number-unreadable`. null if it may"
        " find one"
    )


class MatchApi:
    """Matches over HTTP, for all users of a tenant."""

    def __init__(self, finder: MatchFinder, require_tenant: Callable[[str], Tenant]) -> None:
        self._finder = finder
        self._require_tenant = require_tenant
        self.router = APIRouter(prefix="/api/directory", tags=["directory"])
        self.router.add_api_route("/matches", self.match_number, methods=["GET"])

    async def match_number(
        self,
        number: Annotated[
            str,
            Query(max_length=128, description="In any spelling; a placeholder counts as empty"),
        ],
        caller: AnyCaller,
    ) -> NumberMatches:
        """Reads a number as dialled at the tenant, and finds its records, surest first.

        `why` says why a number has no records; it is null if no record has the number so far.
        """
        text = "" if is_unset(number) else number
        remote = normalise(text, self._require_tenant(caller.tenant).numbers)
        why = self._finder.why_none(caller.tenant, remote)
        key = lookup_key(remote) if why is None else None
        found = await self._finder.find(caller.tenant, [key]) if key else {}
        matches = matches_for(viewer_of(caller), found.get(key or "", ()))
        return NumberMatches(number=remote, matches=matches, why=why)
