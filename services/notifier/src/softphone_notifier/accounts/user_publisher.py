"""Makes a stored change of a user known to all services, and ends what it has made invalid."""

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import User
from softphone_common.contracts.events import UserChanged
from softphone_common.stores.users import UserCache
from softphone_notifier.accounts.login_sessions import LoginSessions


class UserPublisher:
    """Publishes users without what only notifier knows of them."""

    def __init__(self, cache: UserCache, sessions: LoginSessions, bus: Bus) -> None:
        self._cache = cache
        self._sessions = sessions
        self._bus = bus

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
        await self._bus.try_publish(UserChanged(tenant=user.tenant, user=user, revoked=revoked))
