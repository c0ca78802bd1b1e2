"""The provider: its discovery document, its keys, and the exchange of a code for an ID token."""

from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, ValidationError

from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_notifier.openid.authorization_request import AuthorizationRequest
from softphone_notifier.openid.id_token import (
    Claims,
    Expected,
    IdTokenError,
    Key,
    UnknownKeyError,
    checked,
)
from softphone_notifier.openid.outbound import RESOURCE, Outbound
from softphone_notifier.openid_settings import OpenIdSettings

_KEPT = timedelta(minutes=5)
"""How long the provider's document and keys are kept, and so a withdrawn key accepted."""


class Metadata(BaseModel):
    """The part of the discovery document that a client of the code flow needs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Provider:
    """The provider of the settings. Methods raise UnavailableError if it does not answer."""

    def __init__(self, settings: OpenIdSettings, clock: Clock) -> None:
        assert settings.openid_issuer is not None
        self.issuer = settings.openid_issuer
        self._client_id = settings.openid_client_id
        self._secret = settings.openid_client_secret
        self._scopes = settings.openid_scopes
        self._clock = clock
        self._outbound = Outbound(settings.openid_seconds)
        self._metadata: tuple[datetime, Metadata] | None = None
        self._keys: tuple[datetime, list[Key]] | None = None

    async def authorization_url(self, request: AuthorizationRequest) -> str:
        """The address to which the browser goes to sign in."""
        metadata = await self._discovered()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": request.redirect_uri,
            "scope": self._scopes,
            "state": request.state,
            "nonce": request.nonce,
            "code_challenge": request.challenge,
            "code_challenge_method": "S256",
        }
        endpoint = metadata.authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def require_own_answer(self, issuer: str | None) -> None:
        """Raises ProblemError if the answer names another issuer, or none though it should.

        RFC 9207: a browser may be led to the answer of another provider (mix-up).
        """
        metadata = await self._discovered()
        missing = issuer is None and metadata.authorization_response_iss_parameter_supported
        if missing or issuer not in {None, self.issuer}:
            raise ProblemError("openid-refused")

    async def claims(self, code: str, request: AuthorizationRequest) -> Claims:
        """The claims of the ID token for this code. Raises ProblemError, also without a code."""
        if not code:
            raise ProblemError("openid-refused")
        token = await self._id_token(code, request)
        expected = Expected(self.issuer, self._client_id, request.nonce)
        try:
            try:
                return checked(token, await self._published(), expected, self._clock())
            except UnknownKeyError:
                # the provider has a new key; the code was good, so a stranger cannot cause this
                keys = await self._published(anew=True)
                return checked(token, keys, expected, self._clock())
        except IdTokenError as error:
            log.warning("ID token refused", reason=str(error))
            raise ProblemError("openid-token-invalid") from error

    async def _id_token(self, code: str, request: AuthorizationRequest) -> str:
        metadata = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": request.redirect_uri,
            "code_verifier": request.verifier,
        }
        auth = None
        if self._secret is None:
            form["client_id"] = self._client_id
        elif self._method(metadata) == "client_secret_post":
            form["client_id"] = self._client_id
            form["client_secret"] = self._secret.get_secret_value()
        else:  # RFC 6749, section 2.3.1: both parts are form-encoded first
            secret = self._secret.get_secret_value()
            auth = (quote(self._client_id, safe=""), quote(secret, safe=""))
        status, answer = await self._outbound.post(metadata.token_endpoint, form, auth)
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            log.warning("code refused by the provider", status=status, error=_code(answer))
            raise ProblemError("openid-refused")
        return token

    @staticmethod
    def _method(metadata: Metadata) -> Literal["client_secret_basic", "client_secret_post"]:
        supported = metadata.token_endpoint_auth_methods_supported
        only_post = "client_secret_basic" not in supported and "client_secret_post" in supported
        return "client_secret_post" if only_post else "client_secret_basic"

    async def _discovered(self) -> Metadata:
        now = self._clock()
        if self._metadata is not None and _is_fresh(self._metadata[0], now):
            return self._metadata[1]
        path = "/.well-known/openid-configuration"
        document = await self._outbound.get(self.issuer.removesuffix("/") + path)
        try:
            metadata = Metadata.model_validate(document)
        except ValidationError as error:
            raise UnavailableError(RESOURCE, error) from error
        # OpenID Connect Discovery 1.0, section 4.3: else it is the document of somebody else
        if metadata.issuer != self.issuer:
            raise UnavailableError(RESOURCE, "calls itself by another issuer")
        self._metadata = now, metadata
        return metadata

    async def _published(self, *, anew: bool = False) -> list[Key]:
        now = self._clock()
        if not anew and self._keys is not None and _is_fresh(self._keys[0], now):
            return self._keys[1]
        metadata = await self._discovered()
        listed: Any = (await self._outbound.get(metadata.jwks_uri)).get("keys")
        if not isinstance(listed, list):
            raise UnavailableError(RESOURCE, "publishes no keys")
        keys: list[Key] = [key for key in listed if isinstance(key, dict)]
        self._keys = now, keys
        return keys


def _code(answer: dict[str, Any]) -> str:
    """The error code of RFC 6749, section 5.2, without anything else that the provider writes."""
    error = str(answer.get("error", ""))
    return error[:60] if error.replace("_", "").isalpha() else ""


def _is_fresh(read_at: datetime, now: datetime) -> bool:
    # a clock that was set back must not keep a withdrawn key for longer
    return timedelta(0) <= now - read_at < _KEPT
