"""The behaviour of Announcements, tested on MongoDB and in memory alike."""

from softphone_matcher.sharings.announcements import Announcement, Announcements
from support.observations import at


def announced(record: str, seconds: float, tenant: str = "acme") -> Announcement:
    return Announcement(tenant, record, at(seconds))


class AnnouncementsContract:
    """Needs a fixture `announcements` with an empty store."""

    async def test_old_announcements_are_unsettled(self, announcements: Announcements) -> None:
        old = [announced("r2", 1), announced("r1", 2), announced("r1", 3, "other")]
        for each in (*reversed(old), announced("r3", 5)):
            await announcements.add(each)
        assert await announcements.unsettled(at(5), 9) == old
        assert await announcements.unsettled(at(5), 2) == old[:2]
        await announcements.settle("acme", "r1", at(2))
        assert await announcements.unsettled(at(5), 9) == [old[0], old[2]]

    async def test_latest_announcement_of_a_record_counts(
        self, announcements: Announcements
    ) -> None:
        for seconds in (2, 4, 3):
            await announcements.add(announced("r1", seconds))
        await announcements.settle("acme", "r1", at(3))
        assert await announcements.unsettled(at(9), 9) == [announced("r1", 4)]
        await announcements.settle("acme", "r1", at(4))
        await announcements.settle("acme", "r1", at(4))
        assert await announcements.unsettled(at(9), 9) == []
