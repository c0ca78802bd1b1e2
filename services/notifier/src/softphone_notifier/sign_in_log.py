"""Records sign-ins and what users do with their own account, without what strangers typed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta

from softphone_common.audit.security_log import INSTALLATION, SecurityLog
from softphone_common.contracts.entities import AuditEvent, AuditOutcome, User
from softphone_common.edge.client_network import network
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.telemetry import client_address
from softphone_common.stores.users import UserCache

_AGAIN = timedelta(minutes=5)
_REMEMBERED = 1000
"""Lock-outs a process remembers, so that each is recorded once and not with every attempt."""


class SignInLog:
    """Names users by their ids. An unknown login is not recorded: it may be a password that was
    typed into the wrong field. Such an attempt is an event of the installation, not of a tenant."""

    def __init__(self, security: SecurityLog, users: UserCache, clock: Clock) -> None:
        self._security = security
        self._users = users
        self._clock = clock
        self._locked: dict[str, datetime] = {}

    @asynccontextmanager
    async def attempt(self, tenant: str, login: str) -> AsyncIterator[None]:
        """Records if the block is refused since too many attempts failed before."""
        try:
            yield
        except ProblemError as error:
            if error.code == "rate-limit-exceeded":
                self.locked(tenant, login)
            raise

    @contextmanager
    def sign_in(self, user: User) -> Iterator[None]:
        """Records if the block refuses the user, whose password is right: with the tenant."""
        try:
            yield
        except ProblemError as error:
            self._refused("sign-in", user, "refused", error.code)
            raise

    @contextmanager
    def second_factor(self, user: User) -> Iterator[None]:
        """Records if the block refuses the user, whose password is right, for the code."""
        try:
            yield
        except ProblemError as error:
            if error.code != "rate-limit-exceeded":
                self._refused("sign-in", user, "failure", error.code)
            raise

    @contextmanager
    def renewal(self, user: User) -> Iterator[None]:
        """Records if the block ends a session of the user since its cookie was used twice."""
        try:
            yield
        except ProblemError as error:
            if error.code == "session-reused":
                target = f"user/{user.id}"
                self._security.record(
                    "session-reused", user.tenant, target=target, outcome="refused"
                )
            raise

    def act(self, event: AuditEvent, caller: Caller, outcome: AuditOutcome = "success") -> None:
        """Records what a user did with the own account."""
        target = f"user/{caller.user}"
        self._security.record(event, caller.tenant, caller.user, target, outcome=outcome)

    def succeeded(self, user: User, method: str = "password") -> None:
        """Records that a user signed in, and how."""
        target = f"user/{user.id}"
        self._security.record("sign-in", user.tenant, user.id, target, detail=method)

    def recovered(self, user: User) -> None:
        """Records that a user gave a recovery code in place of a code of the app."""
        self._security.record("recovery-code-used", user.tenant, user.id, f"user/{user.id}")

    def failed(self, user: User | None) -> None:
        """Records a failure; `user` has the login that was tried, if there is one."""
        self._refused("sign-in", user, "failure", "password-wrong" if user else "login-unknown")

    def refused_openid(self, user: User | None, code: str) -> None:
        """Records that a sign-in at the provider was refused; `user` is who signed in there."""
        code = code if code.startswith("openid-") else f"openid-{code}"
        self._refused("sign-in", user, "refused" if user else "failure", code)

    def ended(self, tenant: str, user: str) -> None:
        """Records that a user signed out."""
        self._security.record("sign-out", tenant, user, f"user/{user}")

    def locked(self, tenant: str, login: str) -> None:
        """Records that too many failures lock a login or a network out, once in five minutes."""
        user = self._users.with_login(tenant, login)
        key = f"{network(client_address())} {user.id if user else ''}"
        now = self._clock()
        if now - self._locked.get(key, now - _AGAIN) < _AGAIN:
            return
        self._locked.pop(key, None)
        self._locked[key] = now
        if len(self._locked) > _REMEMBERED:
            del self._locked[next(iter(self._locked))]
        self._refused("sign-in-locked", user, "refused")

    def _refused(
        self, event: AuditEvent, user: User | None, outcome: AuditOutcome, detail: str = ""
    ) -> None:
        """Records what was refused to a user, or to a stranger without one."""
        tenant, target = (user.tenant, f"user/{user.id}") if user else (INSTALLATION, "")
        self._security.record(
            event, tenant, target=target, outcome=outcome, detail=detail, repeatable=detail
        )
