"""`/metrics`: a call leaves its times and counts, and gauges are read when somebody asks."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from softphone_testing.activation_codes import code
from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation
from support.tenant.company import LISTED, UNLISTED, Company

SETTINGS = {"sweep_check_seconds": 1}
pytestmark = pytest.mark.usefixtures("real_clock_afterwards")
BY_A_CALL = {
    # each hit of an answered call
    'softphone_http_seconds_count{route="/hit/{key}/{event:path}",status="202"}': 3,
    "softphone_hit_confirm_seconds_count": 3,
    'softphone_observations_total{phase="ringing"}': 1,
    'softphone_observations_total{phase="ended"}': 1,
}
READY = 'softphone_ready{{resource="{}",service="{}"}}'


async def read(installation: Installation, *series: str) -> dict[str, float]:
    return {each: await installation.metric(each, default=0) for each in series}


async def test_call_leaves_its_times_and_counts(
    installation: Installation, company: Company
) -> None:
    before = await read(installation, *BY_A_CALL)
    call = company.new_call(UNLISTED[0])
    await call.send_all()
    await installation.logged(company.user.token, call.call_id, phase="ended")
    after = await read(installation, *BY_A_CALL)
    assert {name: after[name] - before[name] for name in BY_A_CALL} == BY_A_CALL
    for command in ("find", "update"):
        assert await installation.metric(f'softphone_mongodb_seconds_count{{command="{command}"}}')


async def test_number_is_counted_by_its_best_match(
    installation: Installation, company: Company
) -> None:
    await installation.make_record(company.tenant, LISTED)
    series = [f'softphone_numbers_matched_total{{level="{level}"}}' for level in ("exact", "none")]
    before = await read(installation, *series, "softphone_match_seconds_count")
    for number in (LISTED, UNLISTED[1]):
        await company.new_call(number).post("ringing")

    async def is_counted() -> bool:
        after = await read(installation, *before)
        return all(after[name] >= before[name] + 1 for name in before)

    await until(is_counted, what="both numbers")
    await company.phone.hang_up()


async def test_addresses_without_a_route_share_one_series(installation: Installation) -> None:
    paths = [f"/{uuid4().hex}" for _ in range(3)]
    series = 'softphone_http_seconds_count{route="none",status="404"}'
    before = await installation.metric(series, default=0)
    for path in paths:
        assert (await installation.client.get(path)).status_code == 404
    assert await installation.metric(series) == before + 3
    text = (await installation.client.get("/metrics")).text
    assert not any(path in text for path in paths)
    assert "_created" not in text


async def test_every_resource_is_ready(installation: Installation) -> None:
    state: Json = (await installation.client.get("/readyz")).json()
    for service, resources in state["services"].items():
        for resource in resources:
            assert await installation.metric(READY.format(resource, service)) == 1


async def test_call_without_an_end_is_counted_by_its_age(
    installation: Installation, company: Company
) -> None:
    series = [f'softphone_open_calls{{silent="{age}"}}' for age in ("hour", "day", "week")]
    before = await read(installation, *series)
    call = company.new_call()
    await call.post("ringing")
    await installation.logged(company.user.token, call.call_id, phase="ringing")
    for passed, place in ((timedelta(0), 0), (timedelta(hours=2), 1), (timedelta(days=2), 2)):
        installation.clock.reset()
        installation.clock.move(passed)
        counts = await read(installation, *series)
        assert counts[series[place]] == before[series[0]] + 1, counts
    installation.clock.reset()
    await company.phone.hang_up()


async def test_activation_end_is_shown_until_long_after_it(installation: Installation) -> None:
    now, ends = datetime.now(UTC), dict[str, datetime]()
    for days in (1, 2):
        lasts = timedelta(days=days)
        tenant = f"t-{uuid4().hex[:12]}"
        body = {"name": "Huber GmbH", "activation_code": code(tenant, lasts=lasts)}
        path = f"/api/tenants/{tenant}"
        assert (await installation.ask("PUT", path, installation.operator, body)).is_success
        ends[tenant] = now + lasts
    series = [f'softphone_activation_end_timestamp_seconds{{tenant="{tenant}"}}' for tenant in ends]
    shown = [await installation.metric(each) for each in series]
    assert shown == pytest.approx([end.timestamp() for end in ends.values()], abs=60)
    installation.clock.move(timedelta(days=31, hours=12))
    shown = [await installation.metric(each, default=0) for each in series]
    assert [end > 0 for end in shown] == [False, True]


async def test_missed_sweep_is_overdue_until_it_has_finished(
    installation: Installation, company: Company
) -> None:
    async def nothing_due() -> bool:
        return await installation.metric("softphone_sweeps_overdue") == 0

    await until(nothing_due, what="all sweeps")
    last = await installation.metric("softphone_last_sweep_timestamp_seconds")
    installation.clock.move(timedelta(days=1))
    # the schedule has not looked yet, or calllog has not swept yet
    assert await installation.metric("softphone_sweeps_overdue") > 0
    await until(nothing_due, what="the sweeps of the next night")
    assert await installation.metric("softphone_last_sweep_timestamp_seconds") > last + 80_000
