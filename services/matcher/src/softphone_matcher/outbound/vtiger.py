"""Calls the web service of vtiger CRM (`webservice.php`), with a session for each reader.

Requests and answers are those of the server's own code: webservice.php, include/Webservices/ and
VTQL_parser.y of vtiger 7 and 8. All answers have the status 200, and `success` says whether the
operation worked.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from softphone_matcher.outbound.client import Credentials, Outbound, Request
from softphone_matcher.outbound.errors import SourceError

ROWS_MAX = 100
"""Rows of an answer at most, whatever limit a query has."""
_LOGOUT_SECONDS = 3
_SCRIPT = "webservice.php"
_FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
_NO_SESSION = frozenset(
    {"INVALID_SESSIONID", "SESSION_EXPIRED", "SESSION_LEFT_IDLE", "AUTHENTICATION_REQUIRED"}
)
_PASSING = frozenset({"DATABASE_QUERY_ERROR", "INTERNAL_SERVER_ERROR"})
_CODES = frozenset(
    {
        *(_NO_SESSION | _PASSING),
        *("ACCESS_DENIED", "ACCESSKEY_UNDEFINED", "AUTHENTICATION_FAILURE", "INVALID_AUTH_TOKEN"),
        *("INVALID_ID_ATTRIBUTE", "INVALID_USER_CREDENTIALS", "OPERATION_NOT_SUPPORTED"),
        *("QUERY_SYNTAX_ERROR", "UNKNOWN_OPERATION", "UNKOWN_ENTITY"),
    }
)
"""The codes that are shown, from WebServiceErrorCode.php with its spelling; of an answer nothing
else is."""


class _RefusedError(Exception):
    """The CRM refused an operation; `code` is one of its own."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class VtigerService:
    """Calls one CRM as one user. Every method but `close` raises SourceError."""

    def __init__(self, outbound: Outbound, address: str, credentials: Credentials) -> None:
        self._outbound = outbound
        self.address = service_address(address)
        self._user, self._key = credentials.name, credentials.secret
        self._session = ""

    async def call(self, operation: str, **parameters: str) -> Any:
        """The result of an operation that reads, in a session that is renewed once if it ended."""
        try:
            return await self._in_session(operation, parameters)
        except _RefusedError as error:
            if error.code not in _NO_SESSION:
                raise _refused(operation, error) from None
        self._session = ""
        try:
            return await self._in_session(operation, parameters)
        except _RefusedError as error:
            raise _refused(operation, error) from None

    async def query(self, text: str) -> list[Mapping[str, str]]:
        """The rows that a query finds: at most 100, without those that the user may not see."""
        rows = await self.call("query", query=text)
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise SourceError("source-answer-unknown")
        return rows

    async def close(self) -> None:
        """Ends the session. A CRM that does not answer ends it by itself after half an hour."""
        if not self._session:
            return
        form = {"operation": "logout", "sessionName": self._session}
        self._session = ""
        with suppress(SourceError, _RefusedError, TimeoutError):
            async with asyncio.timeout(_LOGOUT_SECONDS):
                await self._post(form)

    async def _in_session(self, operation: str, parameters: Mapping[str, str]) -> Any:
        if not self._session:
            self._session = await self._log_in()
        session = {"operation": operation, "sessionName": self._session}
        return await self._get({**session, **parameters})

    async def _log_in(self) -> str:
        """The name of a new session."""
        try:
            try:
                return await self._answer_challenge()
            except _RefusedError as error:
                if error.code != "INVALID_AUTH_TOKEN":
                    raise
            # a user has one token at a time: another login of the same user has replaced it
            return await self._answer_challenge()
        except _RefusedError as error:
            raise SourceError(
                "source-login-refused", is_temporary=error.code in _PASSING, reason=error.code
            ) from None

    async def _answer_challenge(self) -> str:
        challenge = await self._get({"operation": "getchallenge", "username": self._user})
        token = _text_at(challenge, "token")
        # the protocol wants MD5; the key itself stays here
        answer = hashlib.md5(f"{token}{self._key}".encode(), usedforsecurity=False).hexdigest()
        form = {"operation": "login", "username": self._user, "accessKey": answer}
        return _text_at(await self._post(form), "sessionName")

    async def _get(self, parameters: Mapping[str, str]) -> Any:
        answer = await self._outbound.send(f"{self.address}?{urlencode(parameters)}", Credentials())
        return await asyncio.to_thread(_result, answer.body)

    async def _post(self, form: Mapping[str, str]) -> Any:
        request = Request("POST", urlencode(form).encode(), _FORM)
        answer = await self._outbound.send(self.address, Credentials(), request)
        return await asyncio.to_thread(_result, answer.body)


def service_address(address: str) -> str:
    """The address of the web service of a CRM; people enter that of its start page as well."""
    parts = urlsplit(address)
    folder, _, script = parts.path.rpartition("/")
    if script and not script.endswith(".php"):
        folder = parts.path
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}/{_SCRIPT}", "", ""))


def record_address(service: str, module: str, record: str) -> str:
    """The address of the page of a record; `record` is its id in the web service: `12x345`."""
    parameters = {"module": module, "view": "Detail", "record": record.partition("x")[2]}
    return f"{service.removesuffix(_SCRIPT)}index.php?{urlencode(parameters)}"


def _result(body: bytes) -> Any:
    """The result in an answer, whose megabytes would keep the event loop busy for a second."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise SourceError("source-not-json") from None
    if isinstance(answer, Mapping) and answer.get("success") is True:
        return answer.get("result")
    if isinstance(answer, Mapping) and answer.get("success") is False:
        error = answer.get("error")
        code = error.get("code") if isinstance(error, Mapping) else None
        raise _RefusedError(code if isinstance(code, str) and code in _CODES else "UNKNOWN_ERROR")
    raise SourceError("source-answer-unknown")


def _refused(operation: str, error: _RefusedError) -> SourceError:
    is_temporary = error.code in _PASSING | _NO_SESSION
    code = "source-operation-refused"
    return SourceError(code, is_temporary=is_temporary, operation=operation, reason=error.code)


def _text_at(result: Any, name: str) -> str:
    text = result.get(name) if isinstance(result, Mapping) else None
    if not isinstance(text, str) or not text:
        raise SourceError("source-answer-unknown")
    return text
