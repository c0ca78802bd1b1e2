"""The states of a process's spool: may an observation go to the broker, or must it line up?"""

import asyncio
from enum import Enum


class State(Enum):
    """The state of the line of observations that wait in the file of this process."""

    DIRECT = "direct"
    """Nothing waits; observations go to the broker."""

    SPOOLING = "spooling"
    """Some wait in the file; new ones line up behind them, so that the order is kept."""

    FULL = "full"
    """The disk refused the last write; new ones are still tried, since the disk may have room
    again, and the service counts as not ready."""

    FINISHING = "finishing"
    """The last batch is on its way; new ones wait for its outcome instead of lining up. Without
    this state a steady flow of hits would keep the line from ever becoming empty."""


class Line:
    """The state machine; `Spool` reports events to it and asks whether a message may go direct.

        event           DIRECT     SPOOLING    FULL        FINISHING
        join            SPOOLING   -           -           -
        written                    -           SPOOLING    -
        refused                    FULL        -           -
        finish                     FINISHING   FINISHING   -
        resume                     -           -           SPOOLING or FULL
        emptied         -          DIRECT *    DIRECT *    DIRECT *

    `-` means that the state stays. `*`: only if nothing has joined since the look at the file that
    found it empty. A message joins before it is written, so the file may be empty while a write is
    under way; a message sent directly then would overtake the one being written.

    FINISHING keeps the refusal of a disk that was full before. A disk without room can't even
    forget what was sent, so it remains a reason not to be ready until the line is empty.
    """

    def __init__(self) -> None:
        # an earlier process may have left messages in the file: nothing is direct before a look
        self.state = State.SPOOLING
        self.refusal = ""
        self.joined = 0
        """Messages that have ever joined; compare two values to see whether some did between."""
        self._settled = asyncio.Event()
        self._settled.set()

    async def settled(self) -> None:
        """Waits while the last batch is on its way."""
        await self._settled.wait()

    def join(self) -> None:
        """A message is about to be written to the file."""
        self.joined += 1
        if self.state is State.DIRECT:
            self._enter(State.SPOOLING)

    def written(self) -> None:
        """The file took the messages."""
        self.refusal = ""
        if self.state is State.FULL:
            self._enter(State.SPOOLING)

    def refused(self, reason: str) -> None:
        """The disk did not take the messages; their senders are answered 503."""
        self.refusal = reason
        if self.state is State.SPOOLING:
            self._enter(State.FULL)

    def finish(self) -> None:
        """The broker takes messages again, and those that are left fit into one batch."""
        self._enter(State.FINISHING)

    def resume(self) -> None:
        """Sending has ended, whether it failed or some messages joined meanwhile."""
        if self.state is State.FINISHING:
            self._enter(State.FULL if self.refusal else State.SPOOLING)

    def emptied(self, joined: int) -> None:
        """The file was empty at a look before which `joined` messages had joined."""
        if joined == self.joined:
            self.refusal = ""
            self._enter(State.DIRECT)

    def _enter(self, state: State) -> None:
        self.state = state
        if state is State.FINISHING:
            self._settled.clear()
        else:
            self._settled.set()
