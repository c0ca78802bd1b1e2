"""Who is asking: one kind of token, one key, checked the same way by every service."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import uuid4

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, SecretStr

from softphone_common.contracts.entities import Role, TenantId, User
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock, utc_now

_ISSUER = "softphone-connector"
_ALGORITHM = "HS256"
_SKEW_SECONDS = 60
_RANK: dict[Role, int] = {"user": 0, "admin": 1, "operator": 2}


IsTokenOutdated = Callable[[str, int], bool]
"""Whether a user has changed since this version, as far as is known."""


class Caller(BaseModel):
    """The user a token was issued to, as of then."""

    model_config = ConfigDict(frozen=True)

    user: str
    tenant: TenantId
    login: str
    role: Role
    extensions: tuple[str, ...]
    expires_at: datetime
    version: int = 0

    def may(self, role: Role) -> bool:
        """Whether this role or a higher one."""
        return _RANK[self.role] >= _RANK[role]


class Tokens:
    """Issues and checks tokens signed with the installation's secret.

    A token holds for one version of its user; a token that any of `token_versions` calls older is
    refused.
    """

    def __init__(
        self,
        secret: SecretStr,
        clock: Clock = utc_now,
        token_versions: Sequence[IsTokenOutdated] = (),
    ) -> None:
        self._secret = secret.get_secret_value()
        self._clock = clock
        self._token_versions = token_versions

    def issue(self, user: User, lifetime: timedelta) -> tuple[str, datetime]:
        """A token for this user and when it ends."""
        expires_at = (self._clock() + lifetime).replace(microsecond=0)
        claims = {
            "iss": _ISSUER,
            "jti": uuid4().hex,
            "sub": user.id,
            "tenant": user.tenant,
            "login": user.login,
            "role": user.role,
            "extensions": user.extensions,
            "version": user.version,
            "iat": self._clock(),
            "exp": expires_at,
        }
        return jwt.encode(claims, self._secret, _ALGORITHM), expires_at

    def check(self, token: str) -> Caller:
        """Whose it is. Raises ProblemError 401 that says whether it is wrong or has ended."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                [_ALGORITHM],
                issuer=_ISSUER,
                options={
                    "require": ["exp", "iat", "iss", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            if claims["iat"] > self._clock().timestamp() + _SKEW_SECONDS:
                raise jwt.ImmatureSignatureError
            caller = Caller(user=claims["sub"], expires_at=claims["exp"], **_own(claims))
        except (jwt.InvalidTokenError, ValueError, KeyError, TypeError) as error:
            raise _refused("token-invalid") from error
        if caller.expires_at <= self._clock():
            raise _refused("token-expired")
        if any(
            token_versions(caller.user, caller.version) for token_versions in self._token_versions
        ):
            raise _refused("token-outdated")
        return caller


def _own(claims: dict[str, object]) -> dict[str, object]:
    """The user's; one of before there were versions has none."""
    said = {name: claims[name] for name in ("tenant", "login", "role", "extensions")}
    return {**said, "version": claims.get("version", 0)}


def _refused(code: str) -> ProblemError:
    return ProblemError(code, headers={"WWW-Authenticate": "Bearer"})


_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="token")


def caller(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """FastAPI dependency: who asks. Raises ProblemError 401."""
    if given is None:
        raise _refused("token-missing")
    tokens: Tokens = request.app.state.tokens
    return tokens.check(given.credentials)


def _at_least(role: Role) -> Callable[[Caller], Caller]:
    def check(asking: Annotated[Caller, Depends(caller)]) -> Caller:
        if not asking.may(role):
            raise ProblemError("role-required", role=role)
        return asking

    return check


AnyCaller = Annotated[Caller, Depends(caller)]
AdminCaller = Annotated[Caller, Depends(_at_least("admin"))]
OperatorCaller = Annotated[Caller, Depends(_at_least("operator"))]
