"""Which tokens say of a user what is so no more; what was not heard is old only by its own time."""

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import UserChanged


class TokenVersions:
    """The versions of users that were changed lately, of so many at most. A token holds for one."""

    def __init__(self, bus: Bus, most: int) -> None:
        self._most = most
        self._versions: dict[str, int] = {}
        bus.subscribe(UserChanged, self.on_user_changed)

    def __call__(self, user: str, version: int) -> bool:
        """Whether the user has changed since this version."""
        return version < self._versions.get(user, version)

    async def on_user_changed(self, message: UserChanged) -> None:
        """Notes the newest version of the user."""
        known = self._versions.pop(message.user.id, 0)
        self._versions[message.user.id] = max(known, message.user.version)
        if len(self._versions) > self._most:
            del self._versions[next(iter(self._versions))]
