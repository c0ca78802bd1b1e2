"""Issues and checks the bearer tokens of users, and limits routes to roles.

Only notifier has the key to issue them; every service checks them with public keys.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol
from uuid import uuid4

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict

from softphone_common.contracts.entities import KeyScope, Role, TenantId, User
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock, utc_now
from softphone_common.process.ed25519 import ALGORITHM, PrivateKey, PublicKey

_ISSUER = "softphone-connector"
SKEW_SECONDS = 60
"""How far the clocks of two services may differ; a token of the future is refused."""
TOKEN_SECONDS_MAX = 86_400
"""The longest life of a token. Revocations are kept so long, whatever the life of tokens is now."""
_RANK: dict[Role, int] = {"user": 0, "admin": 1, "operator": 2}


READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1)."""
API_KEY_PREFIX = "spk_"
"""How every API key begins, so that people and secret scanners recognise one."""
API_KEY_USER = "api-key/"
"""How user and login of an application begin, before the id and the name of its key."""
ESCALATIONS = frozenset(
    {
        "role-required",
        "scope-required",
        "api-key-refused",
        "lookup-key-required",
        "other-tenant-refused",
        "user-role-refused",
        "own-extensions-refused",
    }
)
"""Problems of a user who asks for what needs more rights. A page offers nobody what it knows to be
refused, so such a request was made by hand, or by a page that is older than the user's rights."""
_WORD = re.compile("[a-z]+(?:-[a-z]+)*")


class WriteLimit(Protocol):
    """Limits how often a user may change something."""

    async def count(self, user: str, tenant: str) -> None:
        """Counts one request. Raises ProblemError 429 if it is one too many."""


class ReadLimit(Protocol):
    """Limits how often a user may read, and how much a tenant reads at once."""

    def reading(self, user: str, tenant: str) -> AbstractAsyncContextManager[None]:
        """Counts one request, and lasts as long as the request reads.

        Raises ProblemError 429 if it is one too many, or waited too long for others of the tenant.
        """


class ApiKeyCheck(Protocol):
    """Checks the API keys of applications."""

    def check(self, key: str) -> "Caller":
        """The caller that the key stands for.

        Raises ProblemError 401 api-key-invalid or api-key-expired, and UnavailableError until this
        service has read the keys.
        """

    def note_use(self, application: "Caller") -> None:
        """Notes that the key was used; neither fails nor waits."""

    def require_scope(self, application: "Caller", method: str, path: str) -> None:
        """Raises ProblemError 403 unless the scopes of the key include the route with this path."""


class RefusalLog(Protocol):
    """Records who was refused what needs more rights."""

    def refused(self, caller: "Caller", code: str, action: str) -> None:
        """Records the code of the problem and the request, such as `get-dead-letters`.

        The action is of small letters and hyphens. Neither fails nor waits.
        """


class Caller(BaseModel):
    """The user of a token, as the user was when the token was issued."""

    model_config = ConfigDict(frozen=True)

    user: str
    tenant: TenantId
    login: str
    role: Role
    extensions: tuple[str, ...]
    expires_at: datetime
    version: int = 0
    session: str = ""
    """The sign-in that the token belongs to; empty for a token that was issued without one."""
    teams: tuple[str, ...] = ()
    scopes: tuple[KeyScope, ...] | None = None
    """The scopes of an API key; None for a person."""

    def may(self, role: Role) -> bool:
        """Whether the caller has this role or a higher one."""
        return _RANK[self.role] >= _RANK[role]


TokenRefusal = Callable[[Caller], str | None]
"""Takes the user of a token that is valid in itself; the code of a problem to refuse it with.

Raises UnavailableError if nobody can tell yet.
"""


@dataclass(frozen=True)
class AccessRules:
    """The reasons to refuse a token that is valid in itself, and the check of API keys.

    Without a check no API key is accepted.
    """

    refusals: Sequence[TokenRefusal] = ()
    api_keys: ApiKeyCheck | None = None


class TokenIssuer:
    """Issues JSON Web Tokens (RFC 7519), signed with Ed25519 (RFC 8037)."""

    def __init__(self, key: PrivateKey, clock: Clock = utc_now) -> None:
        self._key = key
        self._clock = clock

    def issue(self, user: User, lifetime: timedelta, session: str = "") -> tuple[str, datetime]:
        """A token for the user in this session, and the moment it expires."""
        expires_at = (self._clock() + lifetime).replace(microsecond=0)
        claims = {
            "iss": _ISSUER,
            "jti": uuid4().hex,
            "sub": user.id,
            "tenant": user.tenant,
            "login": user.login,
            "role": user.role,
            "extensions": user.extensions,
            "teams": user.teams,
            "version": user.version,
            "iat": self._clock(),
            "exp": expires_at,
            "sid": session,  # the name that OpenID Connect Back-Channel Logout gives it
        }
        return jwt.encode(claims, self._key, ALGORITHM), expires_at


class Tokens:
    """Checks tokens with the public keys of the installation: two while the key is rotated.

    A token that is valid in itself is still refused if any of `refusals` says so: its user has
    changed, its session has ended, its tenant is switched off.
    """

    def __init__(
        self,
        public_keys: Sequence[PublicKey],
        clock: Clock = utc_now,
        refusals: Sequence[TokenRefusal] = (),
        api_keys: ApiKeyCheck | None = None,
    ) -> None:
        self._public_keys = public_keys
        self._clock = clock
        self._refusals = refusals
        self._api_keys = api_keys

    def check_bearer(self, text: str) -> Caller:
        """The user of a token, or the application of an API key.

        Raises what `check` raises, and ProblemError 401 api-key-invalid or api-key-expired.
        """
        if self._api_keys is None or not text.startswith(API_KEY_PREFIX):
            return self.check(text)
        application = self._api_keys.check(text)
        if (code := self.refusal(application)) is not None:
            raise unauthorized(code)
        self._api_keys.note_use(application)
        return application

    def require_scope(self, caller: Caller, method: str, path: str) -> None:
        """Raises ProblemError 403 if the caller is an API key without the scope of the route."""
        if self._api_keys is not None and caller.scopes is not None:
            self._api_keys.require_scope(caller, method, path)

    def check(self, token: str) -> Caller:
        """The user of the token; an API key is not one.

        Raises ProblemError 401 token-invalid or token-expired, or the code of a refusal, and
        UnavailableError until this service has read which tokens were revoked.
        """
        try:
            claims = self._verified_claims(token)
            if claims["iat"] > self._clock().timestamp() + SKEW_SECONDS:
                raise jwt.ImmatureSignatureError
            if claims["exp"] - claims["iat"] > TOKEN_SECONDS_MAX:
                raise jwt.InvalidTokenError("lives longer than revocations are kept")
            caller = _caller_of(claims)
        except (jwt.InvalidTokenError, ValueError, KeyError, TypeError) as error:
            raise unauthorized("token-invalid") from error
        if caller.expires_at <= self._clock():
            raise unauthorized("token-expired")
        if (code := self.refusal(caller)) is not None:
            raise unauthorized(code)
        return caller

    def refusal(self, caller: Caller) -> str | None:
        """The code with which a token of this user is refused by now; None if it is accepted."""
        codes = (refusal(caller) for refusal in self._refusals)
        return next((code for code in codes if code is not None), None)

    def _verified_claims(self, token: str) -> dict[str, Any]:
        """The claims of a token that one of the keys has signed; raises what PyJWT raises."""
        for key in self._public_keys:
            try:
                return jwt.decode(
                    token,
                    key,
                    # never the one the token names, which an attacker writes (RFC 8725, 3.1)
                    [ALGORITHM],
                    issuer=_ISSUER,
                    # PyJWT would use the system's clock; ours can be set in tests
                    options={
                        "require": ["exp", "iat", "iss", "sub"],
                        "verify_exp": False,
                        "verify_iat": False,
                    },
                )
            except jwt.InvalidSignatureError:
                continue
        raise jwt.InvalidSignatureError


def _caller_of(claims: dict[str, Any]) -> Caller:
    return Caller(
        user=claims["sub"],
        tenant=claims["tenant"],
        login=claims["login"],
        role=claims["role"],
        extensions=claims["extensions"],
        expires_at=claims["exp"],
        version=claims.get("version", 0),  # tokens of older releases have no version
        session=claims.get("sid", ""),  # and no session
        teams=claims.get("teams", ()),
    )


def unauthorized(code: str) -> ProblemError:
    """The problem of a token or key that is not accepted, with the header that status 401 needs."""
    return ProblemError(code, headers={"WWW-Authenticate": "Bearer"})


_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="token")


async def caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> AsyncIterator[Caller]:
    """FastAPI dependency: the user of the request's token, or the application of its API key.

    Counts each request, of reads and of writes apart: here, so that no route can be without a rate.
    Raises ProblemError 401, 403 for a route that the scopes of the key do not include, 429 if the
    user reads or changes too much, and UnavailableError (503) until this service has read which
    tokens were revoked.
    """
    if credentials is None:
        raise unauthorized("token-missing")
    tokens: Tokens = request.app.state.tokens
    user = tokens.check_bearer(credentials.credentials)
    if request.method not in READING:
        write_limit: WriteLimit = request.app.state.write_limit
        await write_limit.count(user.user, user.tenant)
        with _recorded(request, user):
            yield user
        return
    read_limit: ReadLimit = request.app.state.read_limit
    async with read_limit.reading(user.user, user.tenant):
        with _recorded(request, user):
            yield user


@contextmanager
def _recorded(request: Request, user: Caller) -> Iterator[None]:
    """Records if the route refuses the user for want of rights: here, so that every route does."""
    try:
        tokens: Tokens = request.app.state.tokens
        tokens.require_scope(user, request.method, request.scope["route"].path)
        yield
    except ProblemError as error:
        if error.code in ESCALATIONS:
            refusals: RefusalLog = request.app.state.refusals
            refusals.refused(user, error.code, _action(request))
        raise


def _action(request: Request) -> str:
    """The method and the fixed parts of the route's path: nothing that somebody typed."""
    parts = (request.method.lower(), *request.scope["route"].path.removeprefix("/api").split("/"))
    return "-".join(part for part in parts if _WORD.fullmatch(part))


def _optional_caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller | None:
    """FastAPI dependency: the user of the request's token, None without one that is accepted."""
    tokens: Tokens = request.app.state.tokens
    try:
        return tokens.check(credentials.credentials) if credentials else None
    except ProblemError:
        return None


_Counted = Annotated[Caller, Depends(caller, scope="function")]
"""Its read ends before the answer is sent, so that a client that reads slowly holds up nobody."""


def _at_least(role: Role) -> Callable[[Caller], Caller]:
    def check(user: _Counted) -> Caller:
        if not user.may(role):
            raise ProblemError("role-required", role=role)
        return user

    return check


OptionalCaller = Annotated[Caller | None, Depends(_optional_caller)]
AnyCaller = _Counted
AdminCaller = Annotated[Caller, Depends(_at_least("admin"))]
OperatorCaller = Annotated[Caller, Depends(_at_least("operator"))]
