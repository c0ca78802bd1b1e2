"""Makes the installation's first operator from the settings, once; changes none that is there."""

import asyncio
import contextlib

from pydantic import SecretStr

from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_notifier.accounts.passwords import hash_password
from softphone_notifier.accounts.users import LoginTakenError, UserStore

TENANT = "operator"
LOGIN = "operator"


class FirstOperator:
    """A resource that is done as soon as the store answered once."""

    name = "first operator"
    essential = False

    def __init__(self, users: UserStore, password: SecretStr | None) -> None:
        self._users = users
        self._password = password
        self._done = password is None
        self.task = BackgroundTask(self._make, self.name)

    async def start(self) -> None:
        """Begins; does not wait for the store."""
        self.task.start()

    async def ping(self) -> None:
        """Raises UnavailableError until it is there."""
        if not self._done:
            raise UnavailableError(self.name, "not made yet")

    async def stop(self) -> None:
        """Gives up."""
        await self.task.stop()

    async def _make(self) -> None:
        while not self._done and self._password is not None:
            try:
                if not await self._users.any_operator():
                    fields = {"tenant": TENANT, "login": LOGIN, "role": "operator"}
                    hashed = await hash_password(self._password.get_secret_value())
                    with contextlib.suppress(LoginTakenError):  # another instance was faster
                        await self._users.add(fields, hashed)
                self._done = True
            except UnavailableError as error:
                log.warning("first operator waits", error=str(error))
                await asyncio.sleep(1)
