"""The sweep: incomplete calls go to the recycle bin at night, and can be restored."""

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
from softphone_janitor.clean_up.store import MongoSweepStore
from softphone_janitor.settings import JanitorSettings
from softphone_testing.installation_keys import KEYS
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation
from support.tenant.company import Company

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


SETTINGS = {"sweep_check_seconds": 1}
pytestmark = pytest.mark.usefixtures("real_clock_afterwards")


def day_after_tomorrow(hour: int, minute: int = 0) -> datetime:
    """This time on the day after tomorrow, in UTC."""
    return datetime.combine(datetime.now(UTC).date() + 2 * DAY, time(hour, minute), UTC)


def fresh_token(installation: Installation, company: Company) -> str:
    """A new token, valid at the time of the moved clock."""
    return installation.token(company.tenant, extensions=("21",))


async def sweeps(installation: Installation, company: Company) -> list[Json]:
    """The sweeps of the tenant, newest first."""
    items = (await installation.get("/api/sweeps", installation.operator, limit=200))["items"]
    return [sweep for sweep in items if sweep["tenant"] == company.tenant]


async def nights(installation: Installation, company: Company) -> list[str]:
    """The dates of sweeps that the schedule has started, in order; all must be finished."""
    by_night = [s for s in await sweeps(installation, company) if s["requested_by"] == ACTOR]
    assert all(sweep["finished_at"] for sweep in by_night)
    return sorted(sweep["id"].removeprefix(f"{company.tenant}/") for sweep in by_night)


async def swept_company(installation: Installation, **fields: Any) -> Company:
    """A company whose latest night is already swept, so that the next sweep is at 02:00."""
    company = await installation.make_company(**fields)
    await until(lambda: nights(installation, company), what="the sweep of the latest night")
    return company


async def sweep(installation: Installation, company: Company) -> Json:
    """Starts a sweep as an operator, and returns its entry once it is finished."""
    body = {"tenant": company.tenant}
    started = await installation.post("/api/sweeps", installation.operator, body)
    assert (started["moved"], started["requested_by"]) == (None, "operator")

    async def done() -> Json | None:
        (entry,) = [s for s in await sweeps(installation, company) if s["id"] == started["id"]]
        return entry if entry["finished_at"] else None

    return await until(done, what="the sweep's end")


async def listed(installation: Installation, company: Company) -> set[str]:
    """The ids of the calls in the call list."""
    return {call["id"] for call in await installation.calls(fresh_token(installation, company))}


async def in_bin(installation: Installation, company: Company) -> dict[str, Json]:
    """The calls in the recycle bin by id."""
    page = await installation.get("/api/recycle-bin", fresh_token(installation, company))
    return {call["id"]: call for call in page["items"]}


async def call(installation: Installation, company: Company, *events: str) -> str:
    """Makes a call with these events and waits until it is logged; `dialed` is a click."""
    number = "089 99998020"
    if events == ("dialed",):
        answer = await installation.post(
            "/api/dial", fresh_token(installation, company), {"number": number}
        )
        made: str = answer["call_id"]
    else:
        fields = {"extension": "21", "number": number, "call_id": uuid4().hex}
        made = await company.phone.post_hits(*events, **fields)
    phase = "ended" if events[-1] == "ended" and "connected" in events else events[-1]
    # with its match, which would keep the call from a sweep that it comes in the middle of
    token = fresh_token(installation, company)
    await installation.logged(token, made, phase=phase, matched=True)
    return made


async def test_click_without_a_call_is_in_the_bin_a_day_later(
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
    assert await listed(installation, company) == set()


async def test_sweep_moves_only_old_incomplete_calls(
    installation: Installation,
) -> None:
    installation.clock.move_to(day_after_tomorrow(4))
    company, other = await swept_company(installation), await swept_company(installation)
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
    assert await listed(installation, company) == stays
    assert (await sweep(installation, company))["moved"] == 0
    assert await listed(installation, other) == {others}


async def test_restored_call_is_never_swept_again(installation: Installation) -> None:
    installation.clock.move_to(day_after_tomorrow(4))
    company = await swept_company(installation)
    click = await call(installation, company, "dialed")
    installation.clock.move(2 * HOUR)
    assert (await sweep(installation, company))["moved"] == 1
    path = f"/api/recycle-bin/{click}/restore"
    restored = await installation.post(path, fresh_token(installation, company))
    assert (restored["phase"], restored["deleted_by"], restored["deleted_at"]) == (
        *("dialed", None, None),
    )
    assert (
        await installation.ask("POST", path, fresh_token(installation, company))
    ).status_code == 404
    installation.clock.move(2 * DAY)
    assert (await sweep(installation, company))["moved"] == 0
    assert await listed(installation, company) == {click}
    assert await in_bin(installation, company) == {}


async def test_swept_call_that_ends_later_is_restored(installation: Installation) -> None:
    installation.clock.move_to(day_after_tomorrow(4))
    company = await swept_company(installation)
    fields = {"extension": "21", "number": "030 23125120", "call_id": "late"}
    late = await company.phone.post_hits("ringing", **fields)
    by_hand = await company.phone.post_hits("ringing", **{**fields, "call_id": "by hand"})
    await installation.logged(
        fresh_token(installation, company), late, phase="ringing", matched=True
    )
    await installation.logged(
        fresh_token(installation, company), by_hand, phase="ringing", matched=True
    )
    answer = await installation.ask(
        "DELETE", f"/api/calls/{by_hand}", fresh_token(installation, company)
    )
    assert answer.status_code == 204
    installation.clock.move(2 * HOUR)
    assert (await sweep(installation, company))["moved"] == 1
    assert set(await in_bin(installation, company)) == {late, by_hand}
    for call_id in ("late", "by hand"):
        await company.phone.post_hits("ended", **{**fields, "call_id": call_id})
    await installation.logged(
        fresh_token(installation, company), late, phase="missed", deleted_by=None
    )
    deleted = await installation.logged(fresh_token(installation, company), by_hand, phase="missed")
    assert deleted["deleted_by"] == "admin"
    installation.clock.move(DAY)
    assert (await sweep(installation, company))["moved"] == 0
    assert await listed(installation, company) == {late}
    assert set(await in_bin(installation, company)) == {by_hand}


async def until_checked(installation: Installation) -> None:
    """Returns when the schedule has checked all tenants at least once from now on."""
    await swept_company(installation)
    await swept_company(installation)


async def test_schedule_sweeps_once_at_two_in_the_tenants_zone(
    installation: Installation,
) -> None:
    installation.clock.move_to(day_after_tomorrow(12))
    berlin = await swept_company(installation, time_zone="Europe/Berlin")
    tokyo = await swept_company(installation, time_zone="Asia/Tokyo")
    asleep = await swept_company(installation)
    path = f"/api/tenants/{asleep.tenant}"
    assert (
        await installation.ask("PUT", path, installation.operator, {"active": False})
    ).status_code == 200
    click = await call(installation, berlin, "dialed")
    today = day_after_tomorrow(12).date()
    before, after = str(today), str(today + DAY)
    two_in_berlin = datetime.combine(today + DAY, time(1), UTC)  # 02:00 in winter, 03:00 in summer
    for moment, in_berlin, in_tokyo in (
        (day_after_tomorrow(16, 55), [before], [before]),
        (day_after_tomorrow(17, 5), [before], [before, after]),  # 02:05 in Tokyo
        (two_in_berlin - 2 * HOUR, [before], [before, after]),
        (two_in_berlin, [before, after], [before, after]),
        (two_in_berlin + 8 * HOUR, [before, after], [before, after]),
    ):
        installation.clock.move_to(moment)
        await until_checked(installation)
        assert await nights(installation, berlin) == in_berlin, moment
        assert await nights(installation, tokyo) == in_tokyo, moment
    assert await nights(installation, asleep) == [before]
    (night,) = [s for s in await sweeps(installation, berlin) if s["id"].endswith(after)]
    assert night["moved"] == 1
    assert (await in_bin(installation, berlin))[click]["deleted_by"] == "PBX Clean Up"


@asynccontextmanager
async def janitor(installation: Installation, rabbitmq: str) -> AsyncIterator[SweepHandlers]:
    """The sweep handlers of another janitor, without its schedule."""
    settings = JanitorSettings(
        amqp_url=SecretStr(rabbitmq),
        mongo_url=SecretStr(installation.mongo),
        redis_url=SecretStr("redis://unused"),
        **KEYS,
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
        yield SweepHandlers(MongoSweepStore(mongo.database), tenants, bus, installation.clock, 2)
    finally:
        for resource in reversed(resources):
            await resource.stop()


async def test_night_is_swept_once_by_several_janitors(
    installation: Installation, rabbitmq: RealServer
) -> None:
    installation.clock.move_to(day_after_tomorrow(12))
    company = await swept_company(installation)
    click = await call(installation, company, "dialed")
    async with (
        janitor(installation, rabbitmq.url) as one,
        janitor(installation, rabbitmq.url) as other,
    ):
        installation.clock.move(DAY)
        await asyncio.gather(*(job.sweep_all_due() for job in (one, other) * 3))
        tonight = str(day_after_tomorrow(12).date() + DAY)
        expected = [str(day_after_tomorrow(12).date()), tonight]

        async def done() -> bool:
            return await nights(installation, company) == expected

        await until(done, what="the sweep's end")
    moved = {s["id"].rpartition("/")[2]: s["moved"] for s in await sweeps(installation, company)}
    assert moved == {expected[0]: 0, tonight: 1}
    assert set(await in_bin(installation, company)) == {click}


async def test_sweep_is_refused_to_users_and_administrators(installation: Installation) -> None:
    company = await installation.make_company()
    body = {"tenant": company.tenant}
    for role in ("user", "admin"):
        person = await installation.make_user(company.tenant, role)
        for method in ("GET", "POST"):
            answer = await installation.ask(method, "/api/sweeps", person.token, body)
            assert answer.status_code == 403, answer.text
    answer = await installation.ask(
        "POST", "/api/sweeps", installation.operator, {"tenant": "nobody"}
    )
    assert answer.status_code == 404
    answer = await installation.ask("POST", "/api/sweeps", installation.operator, {})
    assert answer.status_code == 422
