"""The routes of a user's own second factor, `/api/me/second-factor`."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.http.auth import AnyCaller
from softphone_common.http.problem import ProblemError
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.accounts.session_routes import FactorCode
from softphone_notifier.accounts.user_routes import Password
from softphone_notifier.own_account.own_password import OwnPassword
from softphone_notifier.second_factor.second_factors import SecondFactors
from softphone_notifier.sign_in_log import SignInLog


class SecondFactorOutput(BaseModel):
    """Whether a sign-in of the caller needs a code."""

    enabled: bool
    created_at: datetime | None = None
    recovery_codes_left: int = 0


class PasswordInput(BaseModel):
    """The password of the caller."""

    model_config = ConfigDict(extra="forbid")

    password: Password


class CodeInput(BaseModel):
    """A code of the authenticator app."""

    model_config = ConfigDict(extra="forbid")

    code: FactorCode


class EnrolmentOutput(BaseModel):
    """The secret, shown once. `url` (`otpauth://`) is for a QR code."""

    secret: str
    url: str


class RecoveryCodes(BaseModel):
    """Codes that replace the authenticator app, one sign-in each; shown once."""

    recovery_codes: list[str] = Field(examples=[["mfrg-gzdf-mztw-q2lk"]])


class SecondFactorApi:
    """The caller's second factor over HTTP."""

    def __init__(
        self,
        factors: SecondFactors,
        password: OwnPassword,
        throttle: LoginThrottle,
        sign_in_log: SignInLog,
    ) -> None:
        self._factors = factors
        self._password = password
        self._throttle = throttle
        self._log = sign_in_log
        self.router = APIRouter(prefix="/api/me/second-factor", tags=["session"])
        add = self.router.add_api_route
        add("", self.show, methods=["GET"])
        add("", self.enrol, methods=["POST"], status_code=201)
        add("/confirm", self.confirm, methods=["POST"])
        add("/remove", self.remove, methods=["POST"], status_code=204)

    async def show(self, caller: AnyCaller) -> SecondFactorOutput:
        """The state of the caller's second factor."""
        factor = await self._factors.get(caller.user)
        if factor is None:
            return SecondFactorOutput(enabled=False)
        left = len(factor.recovery)
        return SecondFactorOutput(
            enabled=True, created_at=factor.created_at, recovery_codes_left=left
        )

    async def enrol(
        self, body: PasswordInput, caller: AnyCaller, request: Request
    ) -> EnrolmentOutput:
        """Begins an enrolment: a new secret, which counts once a code of it is confirmed.

        `password-wrong` is counted like a failed sign-in. `second-factor-exists`: remove the
        present one first. `second-factor-unavailable`: the operator has set no
        SOFTPHONE_SECOND_FACTOR_KEYS.
        """
        verified = await self._password.verify(
            caller, body.password, request, "password", "second-factor-added"
        )
        enrolment = await self._factors.enrol(verified.user)
        return EnrolmentOutput(secret=enrolment.secret, url=enrolment.url)

    async def confirm(self, body: CodeInput, caller: AnyCaller) -> RecoveryCodes:
        """Ends the enrolment with a code of the app. From now on a sign-in needs a code.

        `second-factor-wrong`: try the next code. `second-factor-not-begun`: enrol first.
        """
        async with self._throttle.code(caller.user):
            recovery = await self._factors.confirm(caller.user, body.code)
        self._log.act("second-factor-added", caller)
        return RecoveryCodes(recovery_codes=recovery)

    async def remove(self, body: PasswordInput, caller: AnyCaller, request: Request) -> None:
        """Removes the caller's second factor with its recovery codes."""
        await self._password.verify(
            caller, body.password, request, "password", "second-factor-removed"
        )
        if not await self._factors.remove(caller.user):
            raise ProblemError("second-factor-unknown")
        self._log.act("second-factor-removed", caller)
