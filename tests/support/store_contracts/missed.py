"""The behaviour of MissedMarks, tested on MongoDB and in memory alike."""

import asyncio

from softphone_calllog.missed.store import MissedMarks
from support.observations import at


class MissedMarksContract:
    """Needs a fixture `marks` with an empty store."""

    async def test_mark_is_that_of_one_user(self, marks: MissedMarks) -> None:
        assert await marks.seen_until("acme", "u1") is None
        await marks.mark("acme", "u1", at(5))
        assert await marks.seen_until("acme", "u1") == at(5)
        assert await marks.seen_until("acme", "u2") is None
        assert await marks.seen_until("other", "u1") is None

    async def test_mark_never_moves_back(self, marks: MissedMarks) -> None:
        await asyncio.gather(*(marks.mark("acme", "u1", at(second)) for second in (3, 9, 1, 9)))
        await marks.mark("acme", "u1", at(7))
        assert await marks.seen_until("acme", "u1") == at(9)
