"""The sweep: what was never completed goes to the recycle bin at night, and can come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from softphone_common.bus.bus import Bus
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.mongo import Mongo
from softphone_common.stores.tenants import Tenants
from softphone_janitor.clean_up.handlers import ACTOR, SweepHandlers
from softphone_janitor.clean_up.store import SweepStore
from softphone_janitor.settings import JanitorSettings
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.installation import SECRET, Company, Installation, Json

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


SETTINGS = {"sweep_check_seconds": 1}
pytestmark = pytest.mark.usefixtures("present")


def coming(hour: int, minute: int = 0) -> datetime:
    """This time of the day after tomorrow, UTC."""
    return datetime.combine(datetime.now(UTC).date() + 2 * DAY, time(hour, minute), UTC)


def read(office: Installation, company: Company) -> str:
    """A token that is good now, wherever the clock is."""
    return office.token(company.tenant, extensions=("21",))


async def sweeps(office: Installation, company: Company) -> list[Json]:
    """The tenant's, newest first."""
    found = (await office.get("/api/sweeps", office.operator, limit=200))["items"]
    return [sweep for sweep in found if sweep["tenant"] == company.tenant]


async def nights(office: Installation, company: Company) -> list[str]:
    """The dates the schedule asked for by itself, each done, in order."""
    by_night = [s for s in await sweeps(office, company) if s["requested_by"] == ACTOR]
    assert all(sweep["finished_at"] for sweep in by_night)
    return sorted(sweep["id"].removeprefix(f"{company.tenant}/") for sweep in by_night)


async def quiet(office: Installation, **fields: Any) -> Company:
    """A company whose latest night is swept already: its next is at 02:00."""
    company = await office.make_company(**fields)
    await until(lambda: nights(office, company), what="the sweep of the latest night")
    return company


async def sweep(office: Installation, company: Company) -> Json:
    """One that an operator asks for, when it is done."""
    given = {"tenant": company.tenant}
    asked = await office.post("/api/sweeps", office.operator, given)
    assert (asked["moved"], asked["requested_by"]) == (None, "operator")

    async def done() -> Json | None:
        (found,) = [s for s in await sweeps(office, company) if s["id"] == asked["id"]]
        return found if found["finished_at"] else None

    return await until(done, what="the sweep's end")


async def kept(office: Installation, company: Company) -> set[str]:
    """The ids of the calls in the list."""
    return {call["id"] for call in await office.calls(read(office, company))}


async def in_bin(office: Installation, company: Company) -> dict[str, Json]:
    """The calls in the recycle bin by id."""
    found = await office.get("/api/recycle-bin", read(office, company))
    return {call["id"]: call for call in found["items"]}


async def call(office: Installation, company: Company, *events: str) -> str:
    """A new call of which these events are in the log; `dialed` is a click."""
    number = "089 99998020"
    if events == ("dialed",):
        answer = await office.post("/api/dial", read(office, company), {"number": number})
        made: str = answer["call_id"]
    else:
        said = {"extension": "21", "number": number, "call_id": uuid4().hex}
        made = await office.told(company.key, *events, **said)
    phase = "ended" if events[-1] == "ended" and "connected" in events else events[-1]
    await office.logged(read(office, company), made, phase=phase)
    return made


async def test_a_click_nobody_followed_is_in_the_bin_a_day_later(office: Installation) -> None:
    company = await office.make_company()
    click = await call(office, company, "dialed")
    office.clock.move(DAY)
    await sweep(office, company)
    deleted = (await in_bin(office, company))[click]
    assert deleted["deleted_by"] == "PBX Clean Up"
    assert deleted["deleted_at"] > deleted["dialed_at"]
    assert deleted["talk_seconds"] is None
    assert await kept(office, company) == set()


async def test_only_what_was_never_completed_and_cant_be_live_is_swept(
    office: Installation,
) -> None:
    office.clock.move_to(coming(4))
    company, other = await quiet(office), await quiet(office)
    stale = {
        await call(office, company, "dialed"),
        await call(office, company, "ringing"),
        await call(office, company, "ringing", "connected"),
    }
    stays = {
        await call(office, company, "ringing", "missed"),
        await call(office, company, "ringing", "connected", "ended"),
    }
    others = await call(office, other, "dialed")
    office.clock.move(7 * HOUR)
    stays.add(await call(office, company, "ringing", "connected"))
    office.clock.move(6 * HOUR)
    stays |= {await call(office, company, "ringing"), await call(office, company, "dialed")}
    assert (await sweep(office, company))["moved"] == 3
    swept = await in_bin(office, company)
    assert set(swept) == stale
    assert {call["deleted_by"] for call in swept.values()} == {"PBX Clean Up"}
    assert await kept(office, company) == stays
    assert (await sweep(office, company))["moved"] == 0
    assert await kept(office, other) == {others}


async def test_a_restored_call_is_left_alone_from_then_on(office: Installation) -> None:
    office.clock.move_to(coming(4))
    company = await quiet(office)
    click = await call(office, company, "dialed")
    office.clock.move(2 * HOUR)
    assert (await sweep(office, company))["moved"] == 1
    path = f"/api/recycle-bin/{click}/restore"
    restored = await office.post(path, read(office, company))
    assert (restored["phase"], restored["deleted_by"], restored["deleted_at"]) == (
        *("dialed", None, None),
    )
    assert (await office.ask("POST", path, read(office, company))).status_code == 404
    office.clock.move(2 * DAY)
    assert (await sweep(office, company))["moved"] == 0
    assert await kept(office, company) == {click}
    assert await in_bin(office, company) == {}


async def test_a_swept_call_that_ends_after_all_comes_back(office: Installation) -> None:
    office.clock.move_to(coming(4))
    company = await quiet(office)
    said = {"extension": "21", "number": "030 23125120", "call_id": "late"}
    late = await office.told(company.key, "ringing", **said)
    by_hand = await office.told(company.key, "ringing", **{**said, "call_id": "by hand"})
    await office.logged(read(office, company), late, phase="ringing")
    await office.logged(read(office, company), by_hand, phase="ringing")
    answer = await office.ask("DELETE", f"/api/calls/{by_hand}", read(office, company))
    assert answer.status_code == 204
    office.clock.move(2 * HOUR)
    assert (await sweep(office, company))["moved"] == 1
    assert set(await in_bin(office, company)) == {late, by_hand}
    for call_id in ("late", "by hand"):
        await office.told(company.key, "ended", **{**said, "call_id": call_id})
    await office.logged(read(office, company), late, phase="missed", deleted_by=None)
    deleted = await office.logged(read(office, company), by_hand, phase="missed")
    assert deleted["deleted_by"] == "admin"
    office.clock.move(DAY)
    assert (await sweep(office, company))["moved"] == 0
    assert await kept(office, company) == {late}
    assert set(await in_bin(office, company)) == {by_hand}


async def looked(office: Installation) -> None:
    """Returns when the schedule has looked at all tenants, from begin to end, from now on."""
    await quiet(office)
    await quiet(office)


async def test_every_night_at_two_in_the_tenants_zone_is_swept_by_itself_once(
    office: Installation,
) -> None:
    office.clock.move_to(coming(12))
    berlin = await quiet(office, time_zone="Europe/Berlin")
    tokyo = await quiet(office, time_zone="Asia/Tokyo")
    asleep = await quiet(office)
    path = f"/api/tenants/{asleep.tenant}"
    assert (await office.ask("PUT", path, office.operator, {"active": False})).status_code == 200
    click = await call(office, berlin, "dialed")
    today = coming(12).date()
    before, after = str(today), str(today + DAY)
    two_in_berlin = datetime.combine(today + DAY, time(1), UTC)  # 03:00 in summer, so not before
    for moment, in_berlin, in_tokyo in (
        (coming(16, 55), [before], [before]),
        (coming(17, 5), [before], [before, after]),  # 02:05 in Tokyo
        (two_in_berlin - 2 * HOUR, [before], [before, after]),
        (two_in_berlin, [before, after], [before, after]),
        (two_in_berlin + 8 * HOUR, [before, after], [before, after]),
    ):
        office.clock.move_to(moment)
        await looked(office)
        assert await nights(office, berlin) == in_berlin, moment
        assert await nights(office, tokyo) == in_tokyo, moment
    assert await nights(office, asleep) == [before]
    (night,) = [s for s in await sweeps(office, berlin) if s["id"].endswith(after)]
    assert night["moved"] == 1
    assert (await in_bin(office, berlin))[click]["deleted_by"] == "PBX Clean Up"


@asynccontextmanager
async def janitor(office: Installation, rabbitmq: str) -> AsyncIterator[SweepHandlers]:
    """The nightly job of one more janitor, without a schedule of its own."""
    settings = JanitorSettings(
        amqp_url=SecretStr(rabbitmq),
        mongo_url=SecretStr(office.mongo),
        redis_url=SecretStr("redis://unused"),
        auth_secret=SecretStr(SECRET),
    )
    bus, mongo = Bus(settings, "janitor"), Mongo(settings, {})
    tenants = Tenants(mongo.database, bus, 60)
    resources = (mongo, tenants, bus)
    for resource in resources:
        await resource.start()

    async def answers() -> bool:
        try:
            await asyncio.gather(*(resource.ping() for resource in resources))
        except UnavailableError:
            return False
        return True

    try:
        await until(answers, what="one more janitor")
        yield SweepHandlers(SweepStore(mongo.database), tenants, bus, office.clock, 2)
    finally:
        for resource in reversed(resources):
            await resource.stop()


async def test_however_many_janitors_look_a_night_is_swept_once(
    office: Installation, rabbitmq: RealServer
) -> None:
    office.clock.move_to(coming(12))
    company = await quiet(office)
    click = await call(office, company, "dialed")
    async with janitor(office, rabbitmq.url) as one, janitor(office, rabbitmq.url) as other:
        office.clock.move(DAY)
        await asyncio.gather(*(job.sweep_all_due() for job in (one, other) * 3))
        tonight = str(coming(12).date() + DAY)
        expected = [str(coming(12).date()), tonight]

        async def done() -> bool:
            return await nights(office, company) == expected

        await until(done, what="the sweep's end")
    moved = {s["id"].rpartition("/")[2]: s["moved"] for s in await sweeps(office, company)}
    assert moved == {expected[0]: 0, tonight: 1}
    assert set(await in_bin(office, company)) == {click}


async def test_only_operators_sweep(office: Installation) -> None:
    company = await office.make_company()
    given = {"tenant": company.tenant}
    for role in ("user", "admin"):
        person = await office.make_user(company.tenant, role)
        for method in ("GET", "POST"):
            answer = await office.ask(method, "/api/sweeps", person.token, given)
            assert answer.status_code == 403, answer.text
    answer = await office.ask("POST", "/api/sweeps", office.operator, {"tenant": "nobody"})
    assert answer.status_code == 404
    answer = await office.ask("POST", "/api/sweeps", office.operator, {})
    assert answer.status_code == 422
