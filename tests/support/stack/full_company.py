"""Companies with one thing of every kind, and all that an administrator can see of them."""

from softphone_testing.until import until
from support.product import Json
from support.stack import source_acts
from support.stack.installation import Installation
from support.tenant.company import Company, Examples

NUMBER = "08999998001"


async def make_full_company(installation: Installation) -> Company:
    """A new company with accounts, a record, an import, a source, a matched call with a comment,
    and a deleted call."""
    tenant = await installation.make_tenant()
    admin = await installation.make_user(tenant, "admin", ("20",))
    user = await installation.make_user(tenant, "user", ("21",))
    phone = await installation.make_phone(tenant)
    record = await installation.make_record(tenant, NUMBER)
    call = await phone.post_hits(
        "ringing", "missed", call_id="same-id", extension="21", number=NUMBER
    )
    deleted = await phone.post_hits(
        "ringing", "missed", call_id="deleted", extension="21", number=NUMBER
    )
    await installation.logged(admin.token, deleted, phase="missed")
    answer = await installation.ask("DELETE", f"/api/calls/{deleted}", admin.token)
    assert answer.status_code == 204

    async def is_matched() -> bool:
        return bool((await installation.get(f"/api/calls/{call}", admin.token))["matches"])

    await until(is_matched, what="the match")
    comment = {"text": f"of {tenant}", "record": record}
    saved = await installation.post(f"/api/calls/{call}/comments", user.token, comment)
    hits = await installation.get(f"/api/devices/{phone.id}/hits", admin.token)
    imported = await installation.ask(
        "POST", "/api/directory/imports?source=full", admin.token, content=b"Name;Telefon\n"
    )
    assert imported.status_code == 202, imported.text
    run = imported.json()["id"]

    async def has_ended() -> bool:
        shown = await installation.get(f"/api/directory/imports/{run}", admin.token)
        return bool(shown["state"] == "finished")

    await until(has_ended, what="the end of the import")
    source = (await installation.post(source_acts.PATH, admin.token, source_acts.order()))["id"]
    examples = Examples(call, deleted, hits["items"][0]["id"], run, saved["id"], source)
    return Company(installation, tenant, phone, admin, user, record, examples)


async def visible_state(installation: Installation, company: Company) -> list[Json]:
    """Everything an administrator of the company can read over HTTP."""
    paths = (
        "/api/devices",
        "/api/tenant",
        "/api/directory/records",
        "/api/directory/imports",
        "/api/directory/sources",
        "/api/calls",
        "/api/recycle-bin",
        "/api/users",
        f"/api/devices/{company.phone.id}/hits",
    )
    token = company.admin.token
    comments = await installation.get("/api/comments", token, record=company.record)
    return [comments, *[await installation.get(path, token) for path in paths]]
