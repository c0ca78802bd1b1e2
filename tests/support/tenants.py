"""A tenant with something of everything, and all that can be seen of it."""

from dataclasses import dataclass

from softphone_testing.until import until
from support.installation import Installation, Json, Person, Phone

NUMBER = "08999998001"


@dataclass(frozen=True)
class Company:
    """A tenant with something of everything."""

    tenant: str
    admin: Person
    user: Person
    phone: Phone
    record: str
    call: str
    deleted: str
    hit: str


async def company(office: Installation) -> Company:
    tenant = await office.make_tenant()
    admin = await office.make_user(tenant, "admin", ("20",))
    user = await office.make_user(tenant, "user", ("21",))
    phone = await office.make_device(tenant)
    record = await office.make_record(tenant, NUMBER)
    said = {"extension": "21", "number": NUMBER}
    call = await office.told(phone.key, "ringing", "missed", call_id="same-id", **said)
    deleted = await office.told(phone.key, "ringing", "missed", call_id="deleted", **said)
    await office.logged(admin.token, deleted, phase="missed")
    assert (await office.ask("DELETE", f"/api/calls/{deleted}", admin.token)).status_code == 204

    async def matched() -> bool:
        return bool((await office.get(f"/api/calls/{call}", admin.token))["matches"])

    await until(matched, what="the match")
    given = {"text": f"of {tenant}", "record": record}
    await office.post(f"/api/calls/{call}/comments", user.token, given)
    hits = await office.get(f"/api/devices/{phone.id}/hits", admin.token)
    return Company(tenant, admin, user, phone, record, call, deleted, hits["items"][0]["id"])


async def state(office: Installation, of: Company) -> list[Json]:
    """All a company's administrator can see of it."""
    paths = (
        "/api/devices",
        "/api/tenant",
        "/api/directory/records",
        "/api/calls",
        "/api/recycle-bin",
        "/api/users",
        f"/api/devices/{of.phone.id}/hits",
    )
    comments = await office.get("/api/comments", of.admin.token, record=of.record)
    return [comments, *[await office.get(path, of.admin.token) for path in paths]]
