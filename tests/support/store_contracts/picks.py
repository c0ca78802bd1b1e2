"""The behaviour of a PickStore, tested on MongoDB and in memory alike."""

from softphone_matcher.picks.store import PICKS_MAX, USERS_MAX, PickStore, RecordPicks
from support.observations import at

KEY, OTHER_KEY = "+498999998001", "+493023125001"


class PickStoreContract:
    """Needs a fixture `picks` with an empty store."""

    async def test_picks_are_counted_by_number_and_record(self, picks: PickStore) -> None:
        await picks.pick("acme", "u1", KEY, "r1", at(1))
        await picks.pick("acme", "u2", KEY, "r2", at(2))
        await picks.pick("acme", "u3", KEY, "r1", at(3))
        await picks.pick("acme", "u1", OTHER_KEY, "r3", at(4))
        await picks.pick("other", "u9", KEY, "r2", at(5))
        assert await picks.of("acme", [KEY, OTHER_KEY, "+49"]) == {
            KEY: {"r1": RecordPicks(2, ("u3", "u1")), "r2": RecordPicks(1, ("u2",))},
            OTHER_KEY: {"r3": RecordPicks(1, ("u1",))},
        }
        assert await picks.of("acme", []) == {}

    async def test_new_pick_replaces_the_one_before(self, picks: PickStore) -> None:
        await picks.pick("acme", "u1", KEY, "r1", at(1))
        await picks.pick("acme", "u1", KEY, "r2", at(2))
        assert await picks.of("acme", [KEY]) == {KEY: {"r2": RecordPicks(1, ("u1",))}}

    async def test_picks_move_to_another_record(self, picks: PickStore) -> None:
        await picks.pick("acme", "u1", KEY, "r1", at(1))
        await picks.pick("acme", "u2", KEY, "r2", at(2))
        await picks.pick("other", "u1", KEY, "r1", at(1))
        for _ in range(2):
            await picks.move("acme", "r1", "r2")
            assert await picks.of("acme", [KEY]) == {KEY: {"r2": RecordPicks(2, ("u2", "u1"))}}
        assert await picks.of("other", [KEY]) == {KEY: {"r1": RecordPicks(1, ("u1",))}}

    async def test_pick_is_forgotten(self, picks: PickStore) -> None:
        for tenant, user in (("acme", "u1"), ("acme", "u2"), ("other", "u1")):
            await picks.pick(tenant, user, KEY, "r1", at(1))
        await picks.forget("acme", "u1", KEY)
        await picks.forget("acme", "u1", KEY)
        assert await picks.of("acme", [KEY]) == {KEY: {"r1": RecordPicks(1, ("u2",))}}
        assert await picks.of("other", [KEY]) == {KEY: {"r1": RecordPicks(1, ("u1",))}}

    async def test_picks_of_a_user_are_forgotten(self, picks: PickStore) -> None:
        for tenant, user, key in (
            ("acme", "u1", KEY),
            ("acme", "u1", OTHER_KEY),
            ("acme", "u2", KEY),
            ("other", "u1", KEY),
        ):
            await picks.pick(tenant, user, key, "r1", at(1))
        assert await picks.forget_user("acme", "u1") == {KEY, OTHER_KEY}
        assert await picks.forget_user("acme", "u1") == set()
        left = {KEY: {"r1": RecordPicks(1, ("u2",))}}
        assert await picks.of("acme", [KEY, OTHER_KEY]) == left
        assert await picks.of("other", [KEY]) == {KEY: {"r1": RecordPicks(1, ("u1",))}}

    async def test_latest_users_are_named_and_latest_picks_counted(self, picks: PickStore) -> None:
        for n in range(PICKS_MAX + 3):
            await picks.pick("acme", f"u{n}", KEY, f"r{n % 2}", at(n))
        of_key = (await picks.of("acme", [KEY]))[KEY]
        assert sum(each.count for each in of_key.values()) == PICKS_MAX
        named = {user for each in of_key.values() for user in each.users}
        assert named == {f"u{n}" for n in range(PICKS_MAX + 3 - USERS_MAX, PICKS_MAX + 3)}
