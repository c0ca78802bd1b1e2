"""Commands on the bus: each is a request to the one service that owns the data."""

from datetime import datetime

from softphone_common.contracts.events import Message


class CleanUpRequested(Message):
    """Asks calllog to move the calls that were stale at `as_of` to the recycle bin.

    `sweep` is the id of the janitor's sweep, and `actor` appears as the person who deleted them.
    """

    type = "softphone.clean-up-requested.v1"
    noun = "calls"
    verbs = ("clean-up",)

    sweep: str
    actor: str
    as_of: datetime

    @property
    def subject(self) -> str:
        return self.sweep
