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
from support.product import Json
from support.stack.installation import SECRET, Installation
from support.tenant.company import Company

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


SETTINGS = {"sweep_check_seconds": 1}
pytestmark = pytest.mark.usefixtures("real_clock_afterwards")


def coming(hour: int, minute: int = 0) -> datetime:
    """This time of the day after tomorrow, UTC."""
    return datetime.combine(datetime.now(UTC).date() + 2 * DAY, time(hour, minute), UTC)


def read(installation: Installation, company: Company) -> str:
    """A token that is good now, wherever the clock is."""
    return installation.token(company.tenant, extensions=("21",))


async def sweeps(installation: Installation, company: Company) -> list[Json]:
    """The tenant's, newest first."""
    found = (await installation.get("/api/sweeps", installation.operator, limit=200))["items"]
    return [sweep for sweep in found if sweep["tenant"] == company.tenant]


async def nights(installation: Installation, company: Company) -> list[str]:
    """The dates the schedule asked for by itself, each done, in order."""
    by_night = [s for s in await sweeps(installation, company) if s["requested_by"] == ACTOR]
    assert all(sweep["finished_at"] for sweep in by_night)
    return sorted(sweep["id"].removeprefix(f"{company.tenant}/") for sweep in by_night)


async def quiet(installation: Installation, **fields: Any) -> Company:
    """A company whose latest night is swept already: its next is at 02:00."""
    company = await installation.make_company(**fields)
    await until(lambda: nights(installation, company), what="the sweep of the latest night")
    return company


async def sweep(installation: Installation, company: Company) -> Json:
    """One that an operator asks for, when it is done."""
    given = {"tenant": company.tenant}
    asked = await installation.post("/api/sweeps", installation.operator, given)
    assert (asked["moved"], asked["requested_by"]) == (None, "operator")

    async def done() -> Json | None:
        (found,) = [s for s in await sweeps(installation, company) if s["id"] == asked["id"]]
        return found if found["finished_at"] else None

    return await until(done, what="the sweep's end")


async def kept(installation: Installation, company: Company) -> set[str]:
    """The ids of the calls in the list."""
    return {call["id"] for call in await installation.calls(read(installation, company))}


async def in_bin(installation: Installation, company: Company) -> dict[str, Json]:
    """The calls in the recycle bin by id."""
    found = await installation.get("/api/recycle-bin", read(installation, company))
    return {call["id"]: call for call in found["items"]}


async def call(installation: Installation, company: Company, *events: str) -> str:
    """A new call of which these events are in the log; `dialed` is a click."""
    number = "089 99998020"
    if events == ("dialed",):
        answer = await installation.post(
            "/api/dial", read(installation, company), {"number": number}
        )
        made: str = answer["call_id"]
    else:
        said = {"extension": "21", "number": number, "call_id": uuid4().hex}
        made = await company.phone.post_hits(*events, **said)
    phase = "ended" if events[-1] == "ended" and "connected" in events else events[-1]
    await installation.logged(read(installation, company), made, phase=phase)
    return made


async def test_a_click_nobody_followed_is_in_the_bin_a_day_later(
    installation: Installation,
) -> None:
    company = await installation.make_company()
    click = await call(installation, company, "dialed")
    installation.clock.move(DAY)
    await sweep(installation, company)
    deleted = (await in_bin(installation, company))[click]
    assert deleted["deleted_by"] == "PBX Clean Up"
    assert deleted["deleted_at"] > deleted["dialed_at"]
    assert deleted["talk_seconds"] is None
    assert await kept(installation, company) == set()


async def test_only_what_was_never_completed_and_cant_be_live_is_swept(
    installation: Installation,
) -> None:
    installation.clock.move_to(coming(4))
    company, other = await quiet(installation), await quiet(installation)
    stale = {
        await call(installation, company, "dialed"),
        await call(installation, company, "ringing"),
        await call(installation, company, "ringing", "connected"),
    }
    stays = {
        await call(installation, company, "ringing", "missed"),
        await call(installation, company, "ringing", "connected", "ended"),
    }
    others = await call(installation, other, "dialed")
    installation.clock.move(7 * HOUR)
    stays.add(await call(installation, company, "ringing", "connected"))
    installation.clock.move(6 * HOUR)
    stays |= {
        await call(installation, company, "ringing"),
        await call(installation, company, "dialed"),
    }
    assert (await sweep(installation, company))["moved"] == 3
    swept = await in_bin(installation, company)
    assert set(swept) == stale
    assert {call["deleted_by"] for call in swept.values()} == {"PBX Clean Up"}
    assert await kept(installation, company) == stays
    assert (await sweep(installation, company))["moved"] == 0
    assert await kept(installation, other) == {others}


async def test_a_restored_call_is_left_alone_from_then_on(installation: Installation) -> None:
    installation.clock.move_to(coming(4))
    company = await quiet(installation)
    click = await call(installation, company, "dialed")
    installation.clock.move(2 * HOUR)
    assert (await sweep(installation, company))["moved"] == 1
    path = f"/api/recycle-bin/{click}/restore"
    restored = await installation.post(path, read(installation, company))
    assert (restored["phase"], restored["deleted_by"], restored["deleted_at"]) == (
        *("dialed", None, None),
    )
    assert (await installation.ask("POST", path, read(installation, company))).status_code == 404
    installation.clock.move(2 * DAY)
    assert (await sweep(installation, company))["moved"] == 0
    assert await kept(installation, company) == {click}
    assert await in_bin(installation, company) == {}


async def test_a_swept_call_that_ends_after_all_comes_back(installation: Installation) -> None:
    installation.clock.move_to(coming(4))
    company = await quiet(installation)
    said = {"extension": "21", "number": "030 23125120", "call_id": "late"}
    late = await company.phone.post_hits("ringing", **said)
    by_hand = await company.phone.post_hits("ringing", **{**said, "call_id": "by hand"})
    await installation.logged(read(installation, company), late, phase="ringing")
    await installation.logged(read(installation, company), by_hand, phase="ringing")
    answer = await installation.ask("DELETE", f"/api/calls/{by_hand}", read(installation, company))
    assert answer.status_code == 204
    installation.clock.move(2 * HOUR)
    assert (await sweep(installation, company))["moved"] == 1
    assert set(await in_bin(installation, company)) == {late, by_hand}
    for call_id in ("late", "by hand"):
        await company.phone.post_hits("ended", **{**said, "call_id": call_id})
    await installation.logged(read(installation, company), late, phase="missed", deleted_by=None)
    deleted = await installation.logged(read(installation, company), by_hand, phase="missed")
    assert deleted["deleted_by"] == "admin"
    installation.clock.move(DAY)
    assert (await sweep(installation, company))["moved"] == 0
    assert await kept(installation, company) == {late}
    assert set(await in_bin(installation, company)) == {by_hand}


async def looked(installation: Installation) -> None:
    """Returns when the schedule has looked at all tenants, from begin to end, from now on."""
    await quiet(installation)
    await quiet(installation)


async def test_every_night_at_two_in_the_tenants_zone_is_swept_by_itself_once(
    installation: Installation,
) -> None:
    installation.clock.move_to(coming(12))
    berlin = await quiet(installation, time_zone="Europe/Berlin")
    tokyo = await quiet(installation, time_zone="Asia/Tokyo")
    asleep = await quiet(installation)
    path = f"/api/tenants/{asleep.tenant}"
    assert (
        await installation.ask("PUT", path, installation.operator, {"active": False})
    ).status_code == 200
    click = await call(installation, berlin, "dialed")
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
        installation.clock.move_to(moment)
        await looked(installation)
        assert await nights(installation, berlin) == in_berlin, moment
        assert await nights(installation, tokyo) == in_tokyo, moment
    assert await nights(installation, asleep) == [before]
    (night,) = [s for s in await sweeps(installation, berlin) if s["id"].endswith(after)]
    assert night["moved"] == 1
    assert (await in_bin(installation, berlin))[click]["deleted_by"] == "PBX Clean Up"


@asynccontextmanager
async def janitor(installation: Installation, rabbitmq: str) -> AsyncIterator[SweepHandlers]:
    """The nightly job of one more janitor, without a schedule of its own."""
    settings = JanitorSettings(
        amqp_url=SecretStr(rabbitmq),
        mongo_url=SecretStr(installation.mongo),
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
        yield SweepHandlers(SweepStore(mongo.database), tenants, bus, installation.clock, 2)
    finally:
        for resource in reversed(resources):
            await resource.stop()


async def test_however_many_janitors_look_a_night_is_swept_once(
    installation: Installation, rabbitmq: RealServer
) -> None:
    installation.clock.move_to(coming(12))
    company = await quiet(installation)
    click = await call(installation, company, "dialed")
    async with (
        janitor(installation, rabbitmq.url) as one,
        janitor(installation, rabbitmq.url) as other,
    ):
        installation.clock.move(DAY)
        await asyncio.gather(*(job.sweep_all_due() for job in (one, other) * 3))
        tonight = str(coming(12).date() + DAY)
        expected = [str(coming(12).date()), tonight]

        async def done() -> bool:
            return await nights(installation, company) == expected

        await until(done, what="the sweep's end")
    moved = {s["id"].rpartition("/")[2]: s["moved"] for s in await sweeps(installation, company)}
    assert moved == {expected[0]: 0, tonight: 1}
    assert set(await in_bin(installation, company)) == {click}


async def test_only_operators_sweep(installation: Installation) -> None:
    company = await installation.make_company()
    given = {"tenant": company.tenant}
    for role in ("user", "admin"):
        person = await installation.make_user(company.tenant, role)
        for method in ("GET", "POST"):
            answer = await installation.ask(method, "/api/sweeps", person.token, given)
            assert answer.status_code == 403, answer.text
    answer = await installation.ask(
        "POST", "/api/sweeps", installation.operator, {"tenant": "nobody"}
    )
    assert answer.status_code == 404
    answer = await installation.ask("POST", "/api/sweeps", installation.operator, {})
    assert answer.status_code == 422
