"""Verifies the password of a caller again, before the caller changes how to sign in."""

from fastapi import Request

from softphone_common.contracts.entities import AuditEvent
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_notifier.accounts.browsers import Browser
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.accounts.passwords import matches
from softphone_notifier.accounts.users import Credentials, UserStore
from softphone_notifier.sign_in_log import SignInLog


class OwnPassword:
    """Counts wrong passwords like failed sign-ins."""

    def __init__(self, users: UserStore, throttle: LoginThrottle, sign_in_log: SignInLog) -> None:
        self._users = users
        self._throttle = throttle
        self._log = sign_in_log

    async def verify(
        self, caller: Caller, password: str, request: Request, field: str, event: AuditEvent
    ) -> Credentials:
        """The caller's credentials. Raises ProblemError password-wrong and records the event."""
        address = Browser.of(request).address
        async with (
            self._log.attempt(caller.tenant, caller.login),
            self._throttle.sign_in(address, caller.tenant, caller.login),
        ):
            stored = await self._users.get(caller.tenant, caller.user)
            credentials = stored and await self._users.credentials(caller.tenant, stored.login)
            right = await matches(password, credentials.password_hash if credentials else None)
            if not credentials or not right:
                self._log.act(event, caller, outcome="failure")
                raise ProblemError("password-wrong", field=field)
            return credentials
