"""The counter of missed calls has those at a user's own extensions that the user has not seen."""

import pytest

from softphone_calllog.calls import CallStore
from softphone_calllog.missed.routes import COUNT_MAX, KEPT, MissedApi, SeenInput
from softphone_common.http.auth import Caller
from softphone_testing.memory.calls import MemoryCallStore, MemoryMissedMarks
from support.observations import at
from support.store_contracts.call_search import add_results, guest
from support.store_contracts.calls import fact

NOW = at(3600)


def caller(user: str, *extensions: str) -> Caller:
    return Caller(
        user=user,
        tenant="acme",
        login=user,
        role="admin",
        extensions=extensions,
        expires_at=at(9999),
    )


ANNA, COLLEAGUE, BERND = caller("anna", "21"), caller("carl", "21"), caller("bernd", "22")


@pytest.fixture
def calls() -> CallStore:
    return MemoryCallStore()


@pytest.fixture
def api(calls: CallStore) -> MissedApi:
    return MissedApi(calls, MemoryMissedMarks(), lambda: NOW)


async def count(api: MissedApi, who: Caller) -> int:
    return (await api.count_missed(who)).count


async def test_missed_calls_of_own_extensions_are_counted(api: MissedApi, calls: CallStore) -> None:
    """Those that nobody answered: neither calls answered elsewhere nor outbound ones."""
    await add_results(calls)
    await calls.add([fact("missed", 5, call="other", tenant="other")])
    assert (await count(api, ANNA), await count(api, BERND)) == (1, 0)
    assert await count(api, caller("nobody")) == 0
    await calls.delete("acme", "missed", "boss", NOW)
    assert await count(api, ANNA) == 0


async def test_call_that_a_user_has_seen_is_counted_for_others(
    api: MissedApi, calls: CallStore
) -> None:
    await calls.add([fact("missed", 0), fact("missed", 60, call="c2")])
    for _ in range(2):
        missed = await api.mark_seen(SeenInput(until=at(0)), ANNA)
        assert (missed.count, missed.seen_until) == (1, at(0))
    assert (await api.mark_seen(SeenInput(), ANNA)).count == 0
    assert (await api.mark_seen(SeenInput(until=at(0)), ANNA)).count == 0
    assert await count(api, COLLEAGUE) == 2


async def test_call_that_ends_after_the_mark_is_counted(api: MissedApi, calls: CallStore) -> None:
    await calls.add([fact("ringing", 0)])
    await api.mark_seen(SeenInput(until=at(10)), ANNA)
    await calls.add([fact("missed", 20)])
    assert await count(api, ANNA) == 1


async def test_mark_of_a_time_to_come_is_now(api: MissedApi, calls: CallStore) -> None:
    await api.mark_seen(SeenInput(until=at(9000)), ANNA)
    await calls.add([fact("missed", 3601)])
    assert (await api.count_missed(ANNA)).seen_until == NOW
    assert await count(api, ANNA) == 1


async def test_old_calls_are_not_counted(api: MissedApi, calls: CallStore) -> None:
    oldest = 3600 - KEPT.total_seconds()
    await calls.add([fact("missed", oldest, call="old"), fact("missed", oldest + 1, call="new")])
    assert await count(api, ANNA) == 1


async def test_guest_counts_no_call_of_the_others(api: MissedApi, calls: CallStore) -> None:
    await calls.add([fact("missed", 0), guest("missed", 1, "22", "c1")])
    assert (await count(api, ANNA), await count(api, BERND)) == (1, 0)


async def test_missed_calls_are_counted_up_to_a_limit(api: MissedApi, calls: CallStore) -> None:
    await calls.add([fact("missed", n, call=f"c{n}") for n in range(COUNT_MAX)])
    missed = await api.count_missed(ANNA)
    assert (missed.count, missed.more_than_count) == (COUNT_MAX, False)
    await calls.add([fact("missed", 0, call="more")])
    missed = await api.count_missed(ANNA)
    assert (missed.count, missed.more_than_count) == (COUNT_MAX, True)
