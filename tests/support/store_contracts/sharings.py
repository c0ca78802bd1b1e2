"""The behaviour of RecordSharings, tested on MongoDB and in memory alike."""

import asyncio

from softphone_calllog.sharings import RecordSharings
from softphone_common.contracts.events import RecordShared
from softphone_common.domain.records.visibility import VisibleTo
from support.observations import at


def shared(
    record: str, seconds: float, visible_to: VisibleTo = "owner", tenant: str = "acme"
) -> RecordShared:
    return RecordShared(
        tenant=tenant, record=record, visible_to=visible_to, owner="anna", at=at(seconds)
    )


class RecordSharingsContract:
    """Needs a fixture `sharings` with an empty store."""

    async def test_sharings_are_those_of_the_records(self, sharings: RecordSharings) -> None:
        stored = shared("r2", 9), shared("r1", 5), shared("r1", 7, tenant="other"), shared("r3", 1)
        for each in stored:
            await sharings.add(each)
        assert await sharings.of([("acme", "r2"), ("acme", "r1"), ("acme", "r4")]) == [
            stored[1],
            stored[0],
        ]
        assert await sharings.of({("other", "r1")}) == [stored[2]]

    async def test_latest_sharing_of_a_record_counts(self, sharings: RecordSharings) -> None:
        latest = shared("r1", 9, "admins")
        others = [shared("r1", second, "everyone") for second in (3, 8, 1)]
        await asyncio.gather(*map(sharings.add, [others[0], latest, *others[1:], latest]))
        assert await sharings.of([("acme", "r1")]) == [latest]
        await sharings.add(shared("r1", 7))
        assert await sharings.of([("acme", "r1")]) == [latest]
