"""Makes a stored change of a user known to all services, and ends what it has made invalid."""

import asyncio

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import User
from softphone_common.contracts.events import UserChanged
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_common.stores.users import UserCache
from softphone_notifier.accounts.login_sessions import LoginSessions

_PAUSE_SECONDS = 5.0


class UserPublisher:
    """Publishes users without what only notifier knows of them. A resource of the service.

    A change that the broker did not take is published once it is there: a service that keeps
    something of a removed user has no other way to hear of that.
    """

    name = "changes of users"
    essential = False

    def __init__(
        self,
        cache: UserCache,
        sessions: LoginSessions,
        bus: Bus,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        self._cache = cache
        self._sessions = sessions
        self._bus = bus
        self._pause = pause_seconds
        self._unpublished: dict[str, UserChanged] = {}
        """The latest change of each user that the broker did not take."""
        self.task = BackgroundTask(self._run, "changes of users")

    async def start(self) -> None:
        """Returns at once; changes are published as they are made."""
        self.task.start()

    async def ping(self) -> None:
        """Succeeds: changes wait while the broker is away, which is a resource of its own."""

    async def stop(self) -> None:
        """Stops after the change that is being published; later ones are lost."""
        await self.task.stop()

    async def added(self, user: User) -> None:
        """Publishes a new user."""
        await self._publish(user, revoked=False)

    async def changed(self, user: User, *, revoked: bool) -> None:
        """Has the tokens of earlier versions refused; `revoked` also ends sessions and websockets.

        Publishes the change even if MongoDB is away, and then raises UnavailableError.
        """
        try:
            await self._sessions.outdate(user)
            if revoked:
                await self._sessions.forget(user.id)
        finally:
            await self._publish(user, revoked)

    async def _publish(self, account: User, revoked: bool) -> None:
        user = User.model_validate(account.model_dump())
        # This instance knows the change at once, even while the broker is away.
        self._cache.apply(user)
        change = UserChanged(tenant=user.tenant, user=user, revoked=revoked)
        try:
            await self._bus.publish(change)
        except UnavailableError as error:
            log.warning("change of a user postponed", user=user.id, error=str(error))
            before = self._unpublished.get(user.id)
            is_revoked = revoked or (before is not None and before.revoked)
            self._unpublished[user.id] = change.model_copy(update={"revoked": is_revoked})

    async def publish_postponed(self) -> int:
        """Publishes the changes that the broker did not take, and returns how many it took now."""
        published = 0
        for id_, change in list(self._unpublished.items()):
            try:
                await self._bus.publish(change)
            except UnavailableError:
                break  # logged when it was postponed
            published += 1
            if self._unpublished.get(id_) is change:
                del self._unpublished[id_]
        return published

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            await self.publish_postponed()
