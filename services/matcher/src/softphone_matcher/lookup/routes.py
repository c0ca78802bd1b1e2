"""The route of PBXs and desk phones, `/api/lookup/{key}`, which can send no header with a key."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response

from softphone_common.access.scopes import LOOKUP
from softphone_common.contracts.entities import Tenant
from softphone_common.domain.matching import Match, lookup_key
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.placeholders import is_unset
from softphone_common.domain.records.visibility import Viewer, matches_for
from softphone_common.http.auth import API_KEY_PREFIX, Caller, RefusalLog, Tokens, unauthorized
from softphone_common.http.problem import DOCUMENTED, RETRY_AFTER, ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.rate_limit import KeyRateLimit
from softphone_matcher.lookup.formats import CallerName, Format, answer
from softphone_matcher.matching.finder import MatchFinder

_TOO_MANY = 429
_NUMBER = "In any spelling. Withheld numbers and placeholders of phones name nobody"
_FORMAT = (
    "`text`: the name alone, or an empty text. `json`: all records. `snom`, `yealink`,"
    " `grandstream`: the XML of a phone book as the phones of this make read it"
)
_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
_NO_ANSWER: dict[str, Any] = {
    "description": "No answer now; without a text in the format `text`",
    "content": {**DOCUMENTED["content"], "text/plain": _TEXT},
}
_EXPECTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The caller in the format that was asked for",
        "content": {"text/plain": _TEXT, "text/xml": _TEXT},
    },
    429: _NO_ANSWER,
    503: _NO_ANSWER,
}


class LookupApi:
    """Names of callers over HTTP, by a key in the address that opens nothing else."""

    def __init__(
        self,
        finder: MatchFinder,
        require_tenant: Callable[[str], Tenant],
        key_rate_limit: KeyRateLimit,
    ) -> None:
        self._finder = finder
        self._require_tenant = require_tenant
        self._key_rate_limit = key_rate_limit
        self.router = APIRouter(prefix="/api/lookup", tags=["lookup"])
        self.router.add_api_route(
            "/{key}",
            self.look_up,
            methods=["GET"],
            response_model=CallerName,
            responses=_EXPECTED,
        )

    async def look_up(
        self,
        request: Request,
        key: Annotated[str, Path(description="An API key whose one scope is `lookup`")],
        number: Annotated[str, Query(max_length=1000, description=_NUMBER)],
        format: Annotated[Format, Query(description=_FORMAT)] = "text",  # noqa: A002 - public name
    ) -> Response:
        """Names the caller, for a PBX or a desk phone that calls an address and sends no header.

        Nobody is an answer too: 200 with an empty text, list or phone book. `lookup-key-required`:
        the key has other scopes, with which it must not stand in an address. While there is no
        answer (429, 503) the text is empty, since a PBX shows whatever it gets as the name. Only
        records that everyone sees are named, since a display stands on a desk.
        """
        try:
            tenant = self._require_tenant((await self._application(key, request)).tenant)
            remote = normalise("" if is_unset(number) else number, tenant.numbers)
            why = self._finder.why_none(tenant.id, remote)
            found = lookup_key(remote) if why is None else None
            return answer(format, number, found, await self._matches(tenant.id, found))
        except (ProblemError, UnavailableError) as error:
            if format != "text":
                raise
            if isinstance(error, UnavailableError):
                return PlainTextResponse("", 503, RETRY_AFTER)
            if error.status != _TOO_MANY:
                raise
            return PlainTextResponse("", _TOO_MANY, error.headers)

    async def _application(self, key: str, request: Request) -> Caller:
        """The application of a key for lookups, whose use is counted.

        Raises ProblemError 401 and 403 for any other key, which counts against the address, 429 for
        too many lookups or wrong keys, and UnavailableError until the keys have been read.
        """
        try:
            if not key.startswith(API_KEY_PREFIX):
                raise unauthorized("api-key-invalid")
            tokens: Tokens = request.app.state.tokens
            application = tokens.check_bearer(key)
            if application.scopes != LOOKUP:
                refusals: RefusalLog = request.app.state.refusals
                refusals.refused(application, "lookup-key-required", "get-lookup")
                raise ProblemError("lookup-key-required")
        except ProblemError:
            address = request.client.host if request.client else ""
            await self._key_rate_limit.count_wrong_key(address)
            raise
        await self._key_rate_limit.count_use(application.user)
        return application

    async def _matches(self, tenant: str, key: str | None) -> tuple[Match, ...]:
        found = (await self._finder.find(tenant, [key]))[key] if key else ()
        return matches_for(Viewer(), found)
