"""The message handler of picks: those of a removed user no longer count."""

from collections.abc import Sequence

from softphone_common.contracts.events import UserChanged
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.picks.store import PickStore


class PickHandlers:
    """Handles the queue `matcher.user`."""

    def __init__(self, picks: PickStore, rematching: Rematching) -> None:
        self._picks = picks
        self._rematching = rematching

    async def on_user_changed(self, messages: Sequence[UserChanged]) -> None:
        """Removes the picks of removed users, and orders the records of their numbers again."""
        for message in messages:
            if not message.user.active:
                keys = await self._picks.forget_user(message.tenant, message.user.id)
                await self._rematching.publish(message.tenant, keys)
