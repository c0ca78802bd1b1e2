"""The list of devices has the time of their last hit, and is searched and paged."""

import pytest

from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation
from support.tenant.company import Company


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


async def add(installation: Installation, company: Company, name: str) -> Json:
    return await installation.post("/api/devices", company.admin.token, {"name": name})


async def listed(installation: Installation, company: Company, **params: object) -> list[Json]:
    page = await installation.get("/api/devices", company.admin.token, **params)
    return list(page["items"])


async def test_device_shows_when_it_was_heard_and_whether_it_fails(
    installation: Installation, company: Company
) -> None:
    (device,) = await listed(installation, company)
    assert (device["state"], device["last_heard_at"]) == ("never", None)
    assert device["key"] is None
    heard = {"ok": "ringing", "failing": "no-such-event"}
    for state, event in heard.items():
        await company.phone.hit(event, extension="21", number="08999998001")

        async def has_state(expected: str = state) -> bool:
            return [d["state"] for d in await listed(installation, company)] == [expected]

        await until(has_state, what=state)
    (device,) = await listed(installation, company, state="failing")
    hits = f"/api/devices/{company.phone.id}/hits"
    (refused,) = (await installation.get(hits, company.admin.token, outcome="refused"))["items"]
    assert device["last_heard_at"] == refused["at"]
    assert await listed(installation, company, state="ok") == []


async def test_devices_are_searched_and_paged_by_name(
    installation: Installation, company: Company
) -> None:
    names = ["desk", "Empfang 1", "empfang 2", "Lager"]
    for name in names[1:]:
        await add(installation, company, name)
    found: list[str] = []
    page = await installation.get("/api/devices", company.admin.token, limit=3)
    found += [each["name"].casefold() for each in page["items"]]
    rest = await installation.get("/api/devices", company.admin.token, cursor=page["next"])
    found += [each["name"].casefold() for each in rest["items"]]
    assert found == [name.casefold() for name in names]
    assert rest["next"] is None
    empfang = await listed(installation, company, q="EMPFANG")
    assert [each["name"] for each in empfang] == ["Empfang 1", "empfang 2"]
