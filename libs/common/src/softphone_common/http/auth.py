"""Issues and checks the bearer tokens of users, and limits routes to roles."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
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
"""How far the clocks of two services may differ; a token of the future is refused."""
_RANK: dict[Role, int] = {"user": 0, "admin": 1, "operator": 2}


IsTokenOutdated = Callable[[str, int], bool]
"""Takes a user id and the version in a token; whether a newer version of the user is known."""


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

    def may(self, role: Role) -> bool:
        """Whether the caller has this role or a higher one."""
        return _RANK[self.role] >= _RANK[role]


class Tokens:
    """JSON Web Tokens (RFC 7519) signed with the secret of the installation.

    A token is valid for one version of its user: it is refused once any of `token_versions` knows
    a newer one.
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
        """A token for the user, and the moment it expires."""
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
        """The user of the token.

        Raises ProblemError 401: token-invalid, token-expired or token-outdated.
        """
        try:
            claims = jwt.decode(
                token,
                self._secret,
                [_ALGORITHM],
                issuer=_ISSUER,
                # PyJWT would check the times against the system's clock; ours can be set in tests
                options={
                    "require": ["exp", "iat", "iss", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            if claims["iat"] > self._clock().timestamp() + _SKEW_SECONDS:
                raise jwt.ImmatureSignatureError
            caller = _caller_of(claims)
        except (jwt.InvalidTokenError, ValueError, KeyError, TypeError) as error:
            raise _refused("token-invalid") from error
        if caller.expires_at <= self._clock():
            raise _refused("token-expired")
        if any(is_outdated(caller.user, caller.version) for is_outdated in self._token_versions):
            raise _refused("token-outdated")
        return caller


def _caller_of(claims: dict[str, Any]) -> Caller:
    return Caller(
        user=claims["sub"],
        tenant=claims["tenant"],
        login=claims["login"],
        role=claims["role"],
        extensions=claims["extensions"],
        expires_at=claims["exp"],
        version=claims.get("version", 0),  # tokens of older releases have no version
    )


def _refused(code: str) -> ProblemError:
    return ProblemError(code, headers={"WWW-Authenticate": "Bearer"})


_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="token")


def caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """FastAPI dependency: the user of the request's token. Raises ProblemError 401."""
    if credentials is None:
        raise _refused("token-missing")
    tokens: Tokens = request.app.state.tokens
    return tokens.check(credentials.credentials)


def _at_least(role: Role) -> Callable[[Caller], Caller]:
    def check(user: Annotated[Caller, Depends(caller)]) -> Caller:
        if not user.may(role):
            raise ProblemError("role-required", role=role)
        return user

    return check


AnyCaller = Annotated[Caller, Depends(caller)]
AdminCaller = Annotated[Caller, Depends(_at_least("admin"))]
OperatorCaller = Annotated[Caller, Depends(_at_least("operator"))]
