"""A sign-in under way at the provider, kept in a sealed cookie of the browser that began it.

Nothing is stored for a sign-in that only began, so that strangers cannot fill a store with them.
"""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from softphone_common.process.clock import Clock
from softphone_common.process.sealing import Seal

NAME = "softphone_openid"
PATH = "/api/session/openid"
LIFETIME = timedelta(minutes=15)
"""Time to sign in at the provider, with a second factor or a new password."""


class AuthorizationRequest(BaseModel):
    """The secrets of one sign-in, and the session that the browser had before."""

    model_config = ConfigDict(frozen=True)

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    begun_at: datetime
    session: str

    @property
    def challenge(self) -> str:
        """The S256 challenge of the verifier (RFC 7636, section 4.2)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class AuthorizationCookie:
    """Sets, reads and removes the cookie. Only notifier can read or make its value."""

    def __init__(self, key: SecretStr, clock: Clock) -> None:
        self._seal = Seal(key, b"softphone notifier openid sign-ins")
        self._clock = clock

    def new(self, redirect_uri: str, session: str) -> AuthorizationRequest:
        """A request with secrets that nobody has seen before."""
        return AuthorizationRequest(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri,
            begun_at=self._clock(),
            session=session,
        )

    def put(self, pending: AuthorizationRequest, request: Request, response: Response) -> None:
        """Has the browser keep the request until it is back from the provider."""
        response.set_cookie(
            NAME,
            self._seal.encrypt(pending.model_dump_json()),
            max_age=int(LIFETIME.total_seconds()),
            path=PATH,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",  # strict would not be sent with the way back from the provider
        )

    def of(self, request: Request) -> AuthorizationRequest | None:
        """The request that this browser has begun, unless that is too long ago."""
        text = self._seal.decrypt(request.cookies.get(NAME, ""))
        try:
            pending = AuthorizationRequest.model_validate_json(text or "")
        except ValidationError:
            return None
        return pending if self._clock() - pending.begun_at < LIFETIME else None

    def remove(self, response: Response) -> None:
        """Has the browser forget the request, so that it is answered once."""
        response.delete_cookie(NAME, path=PATH)
