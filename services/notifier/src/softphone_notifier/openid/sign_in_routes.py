"""The routes of a sign-in at the provider, `/api/session/openid`.

They answer browsers that navigate, so every outcome is a redirect to the page. Its fragment says
that the browser is signed in, or has the code of the problem, for which the page has a sentence.
"""

import hmac
from collections.abc import Awaitable, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from softphone_common.http.problem import ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_notifier.accounts import session_cookies
from softphone_notifier.accounts.browsers import Browser
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.accounts.session_cookies import SessionCookie
from softphone_notifier.accounts.session_routes import SessionAnswers
from softphone_notifier.accounts.users import Account
from softphone_notifier.openid.authorization_request import (
    PATH,
    AuthorizationCookie,
    AuthorizationRequest,
)
from softphone_notifier.openid.linked_users import LinkedUsers
from softphone_notifier.openid.person import person_of
from softphone_notifier.openid.provider import Provider
from softphone_notifier.origins import Origins
from softphone_notifier.settings import NotifierSettings
from softphone_notifier.sign_in_log import SignInLog

Text = Annotated[str, Query(max_length=4000)]


class OpenIdSignIn(BaseModel):
    """Whether the page offers to sign in at a provider, and its name."""

    name: str | None = Field(description="null without SOFTPHONE_OPENID_ISSUER")


class OpenIdApi:
    """Begins and ends sign-ins at the provider. Without a provider only `show` has an answer."""

    def __init__(
        self,
        provider: Provider | None,
        linked: LinkedUsers,
        cookies: AuthorizationCookie,
        sessions: LoginSessions,
        answers: SessionAnswers,
        throttle: LoginThrottle,
        sign_in_log: SignInLog,
        origins: Origins,
        settings: NotifierSettings,
    ) -> None:
        self._provider = provider
        self._linked = linked
        self._cookies = cookies
        self._sessions = sessions
        self._answers = answers
        self._throttle = throttle
        self._log = sign_in_log
        self._settings = settings
        self.router = APIRouter(prefix=PATH, tags=["session"])
        own = [Depends(origins.require)]
        add = self.router.add_api_route
        add("", self.show, methods=["GET"])
        # for browsers that follow links; no client of the API has a use for them
        redirects: dict[str, Any] = {"methods": ["GET"], "include_in_schema": False}
        add("/start", self.start, dependencies=own, **redirects)
        # another site leads here, so the origin is not checked: the state is
        add("/callback", self.finish, **redirects)

    async def show(self) -> OpenIdSignIn:
        """Says whether users can sign in at an OpenID Connect provider."""
        return OpenIdSignIn(name=self._settings.openid_name if self._provider else None)

    async def start(self, request: Request) -> RedirectResponse:
        """Sends the browser to the provider, with a cookie that it has to bring back.

        A link of the page leads here; it is no request for scripts. Problems are shown on the page.
        """
        return await self._redirect(self._begun(request))

    async def finish(
        self,
        request: Request,
        code: Text = "",
        state: Text = "",
        error: Text = "",
        iss: Annotated[str | None, Query(max_length=4000)] = None,
    ) -> RedirectResponse:
        """Takes the answer of the provider, and signs in as `POST /api/session` does.

        Problems are shown on the page: `openid-expired` if this browser did not begin the sign-in
        or has answered it already; `openid-refused` if the provider refuses; `openid-token-invalid`
        if its ID token is not for this sign-in; `openid-user-unknown`, `openid-user-removed`,
        `openid-login-taken`, `openid-tenant-missing`, `openid-tenant-wrong`,
        `openid-role-missing`; and those of users, tenants and seats.
        """
        answer = await self._redirect(self._finished(request, code, state, error, iss))
        self._cookies.remove(answer)
        return answer

    async def _redirect(self, outcome: Awaitable[RedirectResponse]) -> RedirectResponse:
        """The outcome, or the way to the page with the code of what went wrong."""
        try:
            return await outcome
        except ProblemError as problem:
            return _to_page(problem.code, problem.params)
        except UnavailableError as error:
            log.warning("sign-in at the provider failed", resource=error.resource, error=str(error))
            return _to_page("openid-unavailable")

    async def _begun(self, request: Request) -> RedirectResponse:
        provider = self._required()
        uri = f"{request.url.scheme}://{request.url.netloc}{PATH}/callback"
        # the way back from another site brings no strict cookie, so its session is noted here
        text = request.cookies.get(session_cookies.NAME)
        session = SessionCookie.parse(text).session if text else ""
        pending = self._cookies.new(uri, session)
        answer = RedirectResponse(await provider.authorization_url(pending), 303)
        self._cookies.put(pending, request, answer)
        return answer

    async def _finished(
        self, request: Request, code: str, state: str, error: str, issuer: str | None
    ) -> RedirectResponse:
        provider, browser = self._required(), Browser.of(request)
        user: Account | None = None
        try:
            async with self._log.attempt("", ""), self._throttle.openid(browser.address):
                pending = self._pending(request, state)
                await provider.require_own_answer(issuer)
                claims = await provider.claims("" if error else code, pending)
            person = person_of(claims, self._settings)
            user = await self._linked.find(person)
            user = await self._linked.admitted(person, user)
        except ProblemError as problem:
            if problem.status not in {429, 503}:
                self._log.refused_openid(user, problem.code)
            raise
        cookie = await self._sessions.begin(user, browser)
        self._log.succeeded(user, "openid")
        if pending.session:
            before = await self._sessions.end_one(pending.session)
            if before is not None:
                self._log.ended(before.tenant, before.user)
        answer = _to_page()
        self._answers.set_cookie(cookie, request, answer)
        return answer

    def _pending(self, request: Request, state: str) -> AuthorizationRequest:
        """The sign-in that this browser began with this state. Raises ProblemError."""
        pending = self._cookies.of(request)
        given = state.encode("utf-8", "replace")
        # a link with the answer to somebody else's sign-in would sign the browser in as them
        if pending is None or not hmac.compare_digest(given, pending.state.encode()):
            raise ProblemError("openid-expired")
        return pending

    def _required(self) -> Provider:
        if self._provider is None:
            raise ProblemError("openid-unconfigured")
        return self._provider


def _to_page(code: str = "", params: Mapping[str, Any] | None = None) -> RedirectResponse:
    """The way to the page: signed in, or to the sentence for this code with its numbers."""
    numbers = {name: value for name, value in (params or {}).items() if type(value) is int}
    place = f"/{code}" if code else ""
    return RedirectResponse(f"/#/signed-in{place}{_query(numbers)}", 303)


def _query(numbers: Mapping[str, int]) -> str:
    return f"?{urlencode(numbers)}" if numbers else ""
