"""Creates the first operator of an installation from the settings."""

import asyncio
import contextlib

from pydantic import SecretStr

from softphone_common.audit.security_log import INSTALLATION, SecurityLog
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_notifier.accounts.passwords import hash_password
from softphone_notifier.accounts.users import LoginTakenError, UserStore

TENANT = INSTALLATION
LOGIN = "operator"


class FirstOperator:
    """A resource that creates the operator as soon as the store answers.

    If there is any operator, the password in the settings has no effect.
    """

    name = "first operator"
    essential = False

    def __init__(self, users: UserStore, password: SecretStr | None, security: SecurityLog) -> None:
        self._users = users
        self._security = security
        self._password = password
        self._done = password is None
        self.task = BackgroundTask(self._create, self.name)

    async def start(self) -> None:
        """Begins; does not wait for the store."""
        self.task.start()

    async def ping(self) -> None:
        """Raises UnavailableError until the store was asked."""
        if not self._done:
            raise UnavailableError(self.name, "not created yet")

    async def stop(self) -> None:
        """Stops trying; the next start tries again."""
        await self.task.stop()

    async def _create(self) -> None:
        while not self._done and self._password is not None:
            try:
                if not await self._users.any_operator():
                    fields = {"tenant": TENANT, "login": LOGIN, "role": "operator"}
                    password_hash = await hash_password(self._password.get_secret_value())
                    with contextlib.suppress(LoginTakenError):  # another instance was faster
                        added = await self._users.add(fields, password_hash)
                        target = f"user/{added.id}"
                        self._security.record("user-added", TENANT, target=target, detail=LOGIN)
                self._done = True
            except UnavailableError as error:
                log.warning("first operator not created yet", error=str(error))
                await asyncio.sleep(1)
