"""Every active tenant is swept every night: nothing but the end of its activation prevents it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr, ValidationError

from softphone_common.process.settings import Settings
from softphone_ingest.tenants.routes import TenantByOperator, TenantChanges
from softphone_janitor.clean_up.due import next_begins
from softphone_janitor.clean_up.handlers import ACTOR
from softphone_janitor.settings import JanitorSettings
from softphone_testing.activation_codes import code
from softphone_testing.until import until
from support.activation import activate, make_inactive, put
from support.installation import SECRET, Installation, Json
from support.routes import OPEN, attempts, routes
from support.tenants import company

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


SETTINGS = {"sweep_check_seconds": 1}
pytestmark = pytest.mark.usefixtures("present")


async def scheduled(office: Installation) -> dict[str, datetime]:
    """The next sweep by tenant, as operators see it."""
    items = (await office.get("/api/sweeps/schedule", office.operator))["items"]
    assert items == sorted(items, key=lambda item: str(item["tenant"]))
    return {item["tenant"]: datetime.fromisoformat(item["next_at"]) for item in items}


async def on_it(office: Installation, tenant: str) -> datetime:
    """When the tenant is swept next, as soon as the schedule has it."""

    async def there() -> datetime | None:
        return (await scheduled(office)).get(tenant)

    found: datetime = await until(there, what=f"{tenant} on the schedule")
    return found


async def nights(office: Installation, tenant: str) -> list[str]:
    """The dates that were swept by themselves."""
    found = (await office.get("/api/sweeps", office.operator, limit=200))["items"]
    ours = [s for s in found if s["tenant"] == tenant and s["requested_by"] == ACTOR]
    assert all(sweep["finished_at"] for sweep in ours)
    return sorted(sweep["id"].removeprefix(f"{tenant}/") for sweep in ours)


def two_o_clock(night: date, zone: str = "Europe/Berlin") -> datetime:
    return datetime.combine(night, time(2), ZoneInfo(zone)).astimezone(UTC)


async def test_activation_puts_a_tenant_on_the_schedule_and_only_its_end_takes_it_off(
    office: Installation,
) -> None:
    today = office.clock().date()
    office.clock.move_to(datetime.combine(today + 2 * DAY, time(12), UTC))
    tenant = await make_inactive(office)
    other = await make_inactive(office)
    await activate(office, other)
    await on_it(office, other)
    assert tenant not in await scheduled(office)

    await activate(office, tenant, lasts=30 * HOUR)
    first, second = today + 2 * DAY, today + 3 * DAY
    assert await on_it(office, tenant) == two_o_clock(second)
    await until(lambda: swept(office, tenant, first), what="the latest night made up for")
    office.clock.move_to(two_o_clock(second))
    assert (await scheduled(office))[tenant] == two_o_clock(second + DAY)
    await until(lambda: swept(office, tenant, first, second), what="the night")

    office.clock.move(DAY)  # expired; the other shows that the schedule has looked
    assert tenant not in await scheduled(office)
    await until(lambda: swept(office, other, first, second, second + DAY), what="the next night")
    assert await nights(office, tenant) == [str(first), str(second)]
    await activate(office, tenant)
    assert await on_it(office, tenant) == two_o_clock(second + 2 * DAY)
    await until(lambda: swept(office, tenant, first, second, second + DAY), what="the next night")


async def swept(office: Installation, tenant: str, *wanted: date) -> bool:
    return await nights(office, tenant) == [str(night) for night in wanted]


SAYABLE: dict[str, list[Any]] = {
    "name": ["x" * 100],
    "time_zone": ["Pacific/Kiritimati", "Etc/GMT+12", "Africa/Cairo", "Europe/Berlin"],
    "numbers": [{"region": "AT"}, {"region": "DE", "extension_max_len": 0}],
    "dial_link": ["sip:{number}@pbx.example.de"],
    "dial_spelling": ["national"],
    "active": [True],
    "activation_code": [None],  # made for the tenant below
}
"""For every field of a tenant what it can be set to, but for the switch of the operator."""
UNSAYABLE = ("sweep", "sweep_hour", "schedule", "retention", "activation", "state", "id", "version")


async def test_no_field_takes_an_active_tenant_off_the_schedule(office: Installation) -> None:
    assert set(SAYABLE) == set(TenantByOperator.model_fields) > set(TenantChanges.model_fields)
    tenant = await office.make_tenant()
    admins, operators = ("PATCH", "/api/tenant"), ("PUT", f"/api/tenants/{tenant}")
    await on_it(office, tenant)
    for field, values in SAYABLE.items():
        for value in values:
            given = {field: code(tenant) if field == "activation_code" else value}
            ways = {operators: office.operator}
            if field in TenantChanges.model_fields:
                ways[admins] = office.token(tenant)
            for (method, path), token in ways.items():
                answer = await office.ask(method, path, token, given)
                assert answer.status_code == 200, answer.text
                zone = answer.json()["time_zone"]
                coming = next_begins(office.clock(), zone, 2)

                async def kept(coming: datetime = coming) -> bool:
                    return (await scheduled(office))[tenant] == coming

                await until(kept, what=f"the schedule after {given}")
    for field in UNSAYABLE:
        for (method, path), token in (
            (admins, office.token(tenant)),
            (operators, office.operator),
        ):
            answer = await office.ask(method, path, token, {field: None})
            assert answer.status_code == 422, answer.text
    off = await put(office, tenant, {"active": False})  # no active tenant any more
    assert off.json()["state"] == "switched-off"

    async def gone() -> bool:
        return tenant not in await scheduled(office)

    await until(gone, what="the end")
    await put(office, tenant, {"active": True})
    await on_it(office, tenant)


async def test_no_route_takes_an_active_tenant_off_the_schedule(office: Installation) -> None:
    theirs = await company(office)
    tried = attempts(theirs)
    assert set(tried) | OPEN == routes(office.app)
    for token in (
        theirs.admin.token,
        office.token(theirs.tenant, "operator"),
        office.token(theirs.tenant),  # the first one's user may be gone by now
    ):
        for route, (path, body) in tried.items():
            await office.ask(route.partition(" ")[0], path, token, body)
            assert theirs.tenant in await scheduled(office), route
    for method in ("DELETE", "PUT", "PATCH", "POST"):
        path = f"/api/sweeps/schedule/{theirs.tenant}"
        assert (await office.ask(method, path, office.operator)).status_code in {404, 405}
        answer = await office.ask(method, "/api/sweeps/schedule", office.operator)
        assert answer.status_code == 405


NOWHERE: Json = {
    "amqp_url": SecretStr("amqp://nowhere"),
    "mongo_url": SecretStr("mongodb://nowhere"),
    "redis_url": SecretStr("redis://nowhere"),
    "auth_secret": SecretStr(SECRET),
}


def test_no_setting_of_the_janitor_is_a_night_without_a_sweep() -> None:
    own = set(JanitorSettings.model_fields) - set(Settings.model_fields)
    assert own == {"sweep_hour", "sweep_check_seconds", "dead_letters_keep_days"}
    now = datetime.now(UTC)
    for hour in range(24):
        taken = JanitorSettings(**NOWHERE, sweep_hour=hour).sweep_hour
        for zone in SAYABLE["time_zone"]:
            assert now < next_begins(now, zone, taken) <= now + 25 * HOUR
    assert JanitorSettings(**NOWHERE, sweep_check_seconds=60).sweep_check_seconds == 60
    for hour in (-1, 24):
        with pytest.raises(ValidationError):
            JanitorSettings(**NOWHERE, sweep_hour=hour)
    for seconds in (0, 61):
        with pytest.raises(ValidationError):
            JanitorSettings(**NOWHERE, sweep_check_seconds=seconds)
