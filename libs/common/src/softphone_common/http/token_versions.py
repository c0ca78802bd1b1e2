"""Tracks the newest version of each changed user, so that older tokens are refused."""

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import UserChanged


class TokenVersions:
    """The versions of the users that changed last, at most `most` of them.

    A service that missed a change accepts the old token until it expires.
    """

    def __init__(self, bus: Bus, most: int) -> None:
        self._most = most
        self._versions: dict[str, int] = {}
        bus.subscribe(UserChanged, self.on_user_changed)

    def __call__(self, user: str, version: int) -> bool:
        """Whether the user has changed since this version."""
        return version < self._versions.get(user, version)

    async def on_user_changed(self, message: UserChanged) -> None:
        """Notes the newest version of the user."""
        # popped and set again, so that the dict's first key is the user who changed longest ago
        newest = self._versions.pop(message.user.id, 0)
        self._versions[message.user.id] = max(newest, message.user.version)
        if len(self._versions) > self._most:
            del self._versions[next(iter(self._versions))]
