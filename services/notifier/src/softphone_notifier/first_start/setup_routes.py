"""The route `/api/setup`, which makes the first operator of an empty installation."""

import hashlib
import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from softphone_common.audit.security_log import INSTALLATION, SecurityLog
from softphone_common.http.problem import ProblemError
from softphone_notifier.accounts.browsers import Browser
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.accounts.passwords import hash_password
from softphone_notifier.accounts.session_routes import SessionAnswers, SessionOutput
from softphone_notifier.accounts.user_publisher import UserPublisher
from softphone_notifier.accounts.user_routes import Login, Password, check_password
from softphone_notifier.accounts.users import LoginTakenError, UserStore
from softphone_notifier.origins import Origins
from softphone_notifier.settings import NotifierSettings

_FIRST = "first-operator"
"""The id of the operator. The store takes an id once and for ever, so of several requests with the
code one succeeds, and none does after the operator was removed."""


class SetupState(BaseModel):
    """Whether the installation has no operator yet, and whether a setup code can make one."""

    needed: bool
    available: bool


class SetupInput(BaseModel):
    """The setup code, and the operator's account."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=1000)]
    login: Login
    password: Password
    name: str = Field("", max_length=100)


class SetupApi:
    """The first start over HTTP. The code makes one operator, once."""

    def __init__(
        self,
        users: UserStore,
        publisher: UserPublisher,
        sessions: LoginSessions,
        answers: SessionAnswers,
        throttle: LoginThrottle,
        security: SecurityLog,
        origins: Origins,
        settings: NotifierSettings,
    ) -> None:
        self._users = users
        self._publisher = publisher
        self._sessions = sessions
        self._answers = answers
        self._throttle = throttle
        self._security = security
        self._code: SecretStr | None = settings.setup_code
        # wrong codes are counted like failed sign-ins; installations that share a Redis have
        # counts of their own
        own = self._code.get_secret_value() if self._code else ""
        self._login = f"setup {hashlib.sha256(own.encode()).hexdigest()}"
        self._password_min = settings.password_min
        self._is_done = False
        self.router = APIRouter(
            prefix="/api/setup", tags=["session"], dependencies=[Depends(origins.require)]
        )
        self.router.add_api_route("", self.show, methods=["GET"])
        self.router.add_api_route("", self.set_up, methods=["POST"], status_code=201)

    async def show(self) -> SetupState:
        """Says whether the installation waits for its first operator."""
        needed = not await self._has_operator()
        return SetupState(needed=needed, available=needed and self._code is not None)

    async def set_up(
        self, setup: SetupInput, request: Request, response: Response
    ) -> SessionOutput:
        """Makes the first operator (tenant `operator`) and signs them in.

        Works once in the life of an installation. If the answer is lost, sign in with the login
        and password of the request. The operator's token then creates the first company
        (`PUT /api/tenants/{tenant}` with `If-None-Match: *`) and its administrator
        (`POST /api/users?tenant=`); both can be repeated.
        """
        browser = Browser.of(request)
        async with self._throttle.sign_in(browser.address, INSTALLATION, self._login):
            self._require_code(setup.code)
        if await self._has_operator():
            raise ProblemError("setup-done")
        check_password(setup.password, self._password_min)
        password_hash = await hash_password(setup.password)
        try:
            operator = await self._users.add(
                {
                    "id": _FIRST,
                    "tenant": INSTALLATION,
                    "login": setup.login,
                    "name": setup.name,
                    "role": "operator",
                },
                password_hash,
            )
        except LoginTakenError:  # another request was faster
            raise ProblemError("setup-done") from None
        self._is_done = True
        target = f"user/{operator.id}"
        self._security.record("installation-set-up", INSTALLATION, operator.id, target)
        await self._publisher.added(operator)
        cookie = await self._sessions.begin(operator, browser)
        return self._answers.answer(operator, cookie, request, response)

    def _require_code(self, code: str) -> None:
        """Raises ProblemError 403 unless this is the code of the settings."""
        right = self._code.get_secret_value().encode() if self._code else b""
        # in constant time, so that the answer says nothing of how much of a guess is right
        if right and hmac.compare_digest(code.encode("utf-8", "replace"), right):
            return
        self._security.record("installation-set-up", INSTALLATION, outcome="refused")
        raise ProblemError("setup-code-wrong" if right else "setup-unavailable")

    async def _has_operator(self) -> bool:
        # an installation that once had an operator is never set up again
        self._is_done = self._is_done or await self._users.has_had_operator()
        return self._is_done
