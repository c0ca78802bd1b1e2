"""Every active tenant is swept every night, until its activation ends."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr, ValidationError

from softphone_common.process.settings import Settings
from softphone_ingest.tenants.routes import TenantByOperator, TenantChanges
from softphone_janitor.clean_up.due import SWEEP_HOUR, next_begins
from softphone_janitor.clean_up.handlers import ACTOR
from softphone_janitor.settings import JanitorSettings
from softphone_testing.activation_codes import code
from softphone_testing.installation_keys import KEYS
from softphone_testing.until import until
from support.product import Json
from support.stack.activation import activate, make_inactive, put_tenant
from support.stack.full_company import make_full_company
from support.stack.installation import Installation
from support.stack.routes import OPEN, attempts, routes

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


SETTINGS = {"sweep_check_seconds": 1}
pytestmark = pytest.mark.usefixtures("real_clock_afterwards")


async def scheduled(installation: Installation) -> dict[str, datetime]:
    """The time of the next sweep of each tenant, as operators read it."""
    items = (await installation.get("/api/sweeps/schedule", installation.operator))["items"]
    assert items == sorted(items, key=lambda item: str(item["tenant"]))
    return {item["tenant"]: datetime.fromisoformat(item["next_at"]) for item in items}


async def next_sweep(installation: Installation, tenant: str) -> datetime:
    """Waits until the schedule has the tenant, and returns the time of its next sweep."""

    async def there() -> datetime | None:
        return (await scheduled(installation)).get(tenant)

    next_at: datetime = await until(there, what=f"{tenant} on the schedule")
    return next_at


async def nights(installation: Installation, tenant: str) -> list[str]:
    """The dates of finished sweeps that the schedule has started."""
    sweeps = (await installation.get("/api/sweeps", installation.operator, limit=200))["items"]
    ours = [s for s in sweeps if s["tenant"] == tenant and s["requested_by"] == ACTOR]
    assert all(sweep["finished_at"] for sweep in ours)
    return sorted(sweep["id"].removeprefix(f"{tenant}/") for sweep in ours)


def two_o_clock(night: date, zone: str = "Europe/Berlin") -> datetime:
    return datetime.combine(night, time(2), ZoneInfo(zone)).astimezone(UTC)


async def test_tenant_is_scheduled_while_its_activation_lasts(
    installation: Installation,
) -> None:
    today = installation.clock().date()
    installation.clock.move_to(datetime.combine(today + 2 * DAY, time(12), UTC))
    tenant = await make_inactive(installation)
    other = await make_inactive(installation)
    await activate(installation, other)
    await next_sweep(installation, other)
    assert tenant not in await scheduled(installation)

    await activate(installation, tenant, lasts=30 * HOUR)
    first, second = today + 2 * DAY, today + 3 * DAY
    assert await next_sweep(installation, tenant) == two_o_clock(second)
    await until(lambda: swept(installation, tenant, first), what="the latest night made up for")
    installation.clock.move_to(two_o_clock(second))
    assert (await scheduled(installation))[tenant] == two_o_clock(second + DAY)
    await until(lambda: swept(installation, tenant, first, second), what="the night")

    installation.clock.move(
        DAY
    )  # expired; the sweep of the other tenant proves that the schedule was checked
    assert tenant not in await scheduled(installation)
    await until(
        lambda: swept(installation, other, first, second, second + DAY), what="the next night"
    )
    assert await nights(installation, tenant) == [str(first), str(second)]
    await activate(installation, tenant)
    assert await next_sweep(installation, tenant) == two_o_clock(second + 2 * DAY)
    await until(
        lambda: swept(installation, tenant, first, second, second + DAY), what="the next night"
    )


async def swept(installation: Installation, tenant: str, *wanted: date) -> bool:
    return await nights(installation, tenant) == [str(night) for night in wanted]


VALID_VALUES: dict[str, list[Any]] = {
    "name": ["x" * 100],
    "time_zone": ["Pacific/Kiritimati", "Etc/GMT+12", "Africa/Cairo", "Europe/Berlin"],
    "numbers": [{"region": "AT"}, {"region": "DE", "extension_max_len": 0}],
    "dial_link": ["sip:{number}@pbx.example.de"],
    "dial_spelling": ["national"],
    "active": [True],
    "ring_groups": [False, True],
    "own_numbers": [[], [{"number": "089 999980", "name": "Zentrale"}]],
    "ignored_numbers": [[{"number": "089 999987", "name": "Tür"}], []],
    "last_digits": [7, 0],
    "popup": [{"pop_on": "answer", "one_record": "open"}, {}],
    "record_url": ["https://crm.example/contact/{host_id}", ""],
    "own_extensions": [True, False],
    "activation_code": [None],  # issued for the tenant in the test
}
"""Valid values for every field of a tenant; `active` without the operator's False."""
UNKNOWN_FIELDS = (
    "sweep",
    "sweep_hour",
    "schedule",
    "retention",
    "activation",
    "state",
    "id",
    "version",
)


async def test_change_of_any_field_keeps_a_tenant_scheduled(installation: Installation) -> None:
    assert set(VALID_VALUES) == set(TenantByOperator.model_fields) > set(TenantChanges.model_fields)
    tenant = await installation.make_tenant()
    admins, operators = ("PATCH", "/api/tenant"), ("PUT", f"/api/tenants/{tenant}")
    await next_sweep(installation, tenant)
    for field, values in VALID_VALUES.items():
        for value in values:
            changes = {field: code(tenant) if field == "activation_code" else value}
            ways = {operators: installation.operator}
            if field in TenantChanges.model_fields:
                ways[admins] = installation.token(tenant)
            for (method, path), token in ways.items():
                answer = await installation.ask(method, path, token, changes)
                assert answer.status_code == 200, answer.text
                zone = answer.json()["time_zone"]
                coming = next_begins(installation.clock(), zone, 2)

                async def kept(coming: datetime = coming) -> bool:
                    return (await scheduled(installation))[tenant] == coming

                await until(kept, what=f"the schedule after {changes}")
    for field in UNKNOWN_FIELDS:
        for (method, path), token in (
            (admins, installation.token(tenant)),
            (operators, installation.operator),
        ):
            answer = await installation.ask(method, path, token, {field: None})
            assert answer.status_code == 422, answer.text
    off = await put_tenant(installation, tenant, {"active": False})  # ends the activation
    assert off.json()["state"] == "switched-off"

    async def gone() -> bool:
        return tenant not in await scheduled(installation)

    await until(gone, what="the end")
    await put_tenant(installation, tenant, {"active": True})
    await next_sweep(installation, tenant)


async def test_request_to_any_route_keeps_a_tenant_scheduled(installation: Installation) -> None:
    theirs = await make_full_company(installation)
    requests = attempts(theirs)
    assert set(requests) | OPEN == routes(installation.app)
    for token in (
        theirs.admin.token,
        installation.token(theirs.tenant, "operator"),
        installation.token(theirs.tenant),  # the first token's user may have been removed
    ):
        for route, (path, body) in requests.items():
            await installation.ask(route.partition(" ")[0], path, token, body)
            assert theirs.tenant in await scheduled(installation), route
    for method in ("DELETE", "PUT", "PATCH", "POST"):
        path = f"/api/sweeps/schedule/{theirs.tenant}"
        assert (await installation.ask(method, path, installation.operator)).status_code in {
            404,
            405,
        }
        answer = await installation.ask(method, "/api/sweeps/schedule", installation.operator)
        assert answer.status_code == 405


NOWHERE: Json = {
    "amqp_url": SecretStr("amqp://nowhere"),
    "mongo_url": SecretStr("mongodb://nowhere"),
    "redis_url": SecretStr("redis://nowhere"),
    **KEYS,
}


def test_settings_of_the_janitor_allow_a_sweep_every_night() -> None:
    own = set(JanitorSettings.model_fields) - set(Settings.model_fields)
    assert own == {"sweep_check_seconds", "dead_letters_keep_days"}
    now = datetime.now(UTC)
    for zone in VALID_VALUES["time_zone"]:
        assert now < next_begins(now, zone, SWEEP_HOUR) <= now + 25 * HOUR
    assert JanitorSettings(**NOWHERE, sweep_check_seconds=60).sweep_check_seconds == 60
    for seconds in (0, 61):
        with pytest.raises(ValidationError):
            JanitorSettings(**NOWHERE, sweep_check_seconds=seconds)
