"""The commands on the bus, each asking the one owner of something to do it."""

from datetime import datetime

from softphone_common.contracts.events import Message


class CleanUpRequested(Message):
    """Asks calllog to move the calls that were stale at `as_of` to the recycle bin."""

    type = "softphone.clean-up-requested.v1"
    noun = "calls"
    verbs = ("clean-up",)

    sweep: str
    actor: str
    as_of: datetime

    @property
    def subject(self) -> str:
        """The sweep."""
        return self.sweep
