"""Who gets in: created, linked, locked and removed users, seats, roles and extensions by claim."""

import asyncio
from typing import Any

import pytest

from integration.openid.conftest import Connect, Connector
from softphone_testing.activation_codes import code
from softphone_testing.until import until
from support.product import Json

ROLES: dict[str, Any] = {
    "openid_role_claim": "groups",
    "openid_roles": {"telephony-admins": "admin", "staff": "user"},
}


async def change(connector: Connector, user: str, **changes: Any) -> None:
    token = connector.company.token(connector.tenant, "operator")
    answer = await connector.company.ask("PATCH", f"/api/users/{user}", token, changes)
    assert answer.status_code == 200, answer.text


async def remove(connector: Connector, user: str) -> None:
    token = connector.company.token(connector.tenant, "operator")
    answer = await connector.company.ask("DELETE", f"/api/users/{user}", token)
    assert answer.status_code == 204, answer.text


async def link(connector: Connector, user: str, role: Any = "admin", **body: str) -> str:
    """Links a user as an administrator does: the code of the problem, or nothing."""
    token = connector.notifier.token(connector.tenant, role)
    path = f"/api/users/{user}/openid"
    answer = await connector.notifier.ask("PUT", path, token, body)
    return "" if answer.is_success else str(answer.json()["code"])


async def refusal_recorded(connector: Connector, user: str, detail: str) -> None:
    async def recorded() -> bool:
        events = await connector.events(event="sign-in")
        refused = ("refused", f"user/{user}", detail)
        assert refused in {(e["outcome"], e["target"], e["detail"]) for e in events}
        return True

    await until(recorded, what="the refusal in the security log")


async def test_unknown_person_is_refused_unless_users_are_created(connect: Connect) -> None:
    connector = await connect(openid_create_users=False)
    assert await connector.sign_in("p-1", preferred_username="anna") == "openid-user-unknown"
    assert await connector.users() == {}


async def test_created_user_takes_a_seat(connector: Connector) -> None:
    token, now = connector.company.token(connector.tenant), connector.company.clock()
    one_seat = {"code": code(connector.tenant, seats=1, now=now)}
    put = await connector.company.ask("PUT", "/api/tenant/activation", token, one_seat)
    assert put.status_code == 200, put.text
    assert await connector.sign_in("p-2", preferred_username="anna") == ""
    assert await connector.sign_in("p-3", preferred_username="bernd") == "seats-full?seats=1"
    assert set(await connector.users()) == {"anna"}
    assert await connector.sign_in("p-2") == "", "who has a seat keeps it"


async def test_created_user_is_in_the_security_log(connector: Connector) -> None:
    assert await connector.sign_in("p-4", preferred_username="anna") == ""
    anna = (await connector.users())["anna"]["id"]

    async def recorded() -> bool:
        events = await connector.events(event="user-added")
        added = [(e["actor"], e["detail"]) for e in events if e["target"] == f"user/{anna}"]
        assert added == [("", "user openid")]
        return True

    await until(recorded, what="the new user in the security log")


async def test_login_of_somebody_else_is_not_taken_over(connector: Connector) -> None:
    local = await connector.company.make_user(connector.tenant)
    claims = {"preferred_username": local.login, "email": "x@example.com", "email_verified": True}
    assert await connector.sign_in("p-5", **claims) == "openid-login-taken"
    signed = await connector.notifier.sign_in(connector.tenant, local.login)
    assert signed.json()["user"]["id"] == local.id


async def test_address_alone_matches_nobody(connect: Connect) -> None:
    connector = await connect(openid_create_users=False)
    local = await connector.company.make_user(connector.tenant)
    await change(connector, local.id, login="anna@example.com")
    claims = {"email": "anna@example.com", "email_verified": True}
    assert await connector.sign_in("p-6", **claims) == "openid-user-unknown"


async def test_linked_address_matches_once_if_verified(connect: Connect) -> None:
    connector = await connect(openid_create_users=False)
    local = await connector.company.make_user(connector.tenant)
    assert await link(connector, local.id, email="Anna@Example.com") == ""
    address = {"email": "anna@example.com"}
    assert await connector.sign_in("p-7", **address) == "openid-user-unknown"
    unverified = {**address, "email_verified": False}
    assert await connector.sign_in("p-7", **unverified) == "openid-user-unknown"
    verified = {**address, "email_verified": True}
    assert await connector.sign_in("p-8", **verified) == ""
    assert await connector.sign_in("p-9", **verified) == "openid-user-unknown", "linked by now"
    assert await connector.sign_in("p-8", email="other@example.com") == "", "by sub from now on"


async def test_linked_subject_matches_its_person_only(connect: Connect) -> None:
    connector = await connect(openid_create_users=False)
    local = await connector.company.make_user(connector.tenant)
    other = await connector.company.make_user(connector.tenant)
    assert await link(connector, local.id, sub="p-10") == ""
    assert await link(connector, other.id, sub="p-10") == "openid-subject-taken"
    assert await connector.sign_in("p-11") == "openid-user-unknown"
    connector.add("p-10")
    visitor = connector.visitor()
    assert await visitor.sign_in("p-10") == ""
    assert (await visitor.session())["user"]["id"] == local.id
    token = connector.notifier.token(connector.tenant)
    path = f"/api/users/{local.id}/openid"
    assert await connector.notifier.get(path, token) == {"sub": "p-10", "email": None}
    assert (await connector.notifier.ask("DELETE", path, token)).status_code == 204
    assert await connector.sign_in("p-10") == "openid-user-unknown"
    gone = await connector.notifier.ask("DELETE", path, token)
    assert gone.json()["code"] == "openid-link-unknown"


async def test_link_needs_the_role_of_the_user(connector: Connector) -> None:
    operator = await connector.company.make_user(connector.tenant, "operator")
    stranger = await connector.company.make_tenant()
    assert await link(connector, operator.id, sub="p-12") == "user-role-refused"
    local = await connector.company.make_user(connector.tenant)
    assert await link(connector, local.id, "user", sub="p-12") == "role-required"
    token = connector.notifier.token(stranger)
    answer = await connector.notifier.ask(
        "PUT", f"/api/users/{local.id}/openid", token, {"sub": "p-12"}
    )
    assert answer.json()["code"] == "user-unknown"


@pytest.mark.parametrize("body", [{}, {"sub": "a", "email": "a@b.c"}, {"sub": ""}, {"email": "a"}])
async def test_link_of_another_form_is_refused(connector: Connector, body: Json) -> None:
    local = await connector.company.make_user(connector.tenant)
    path, token = f"/api/users/{local.id}/openid", connector.notifier.token(connector.tenant)
    assert (await connector.notifier.ask("PUT", path, token, body)).status_code == 422


async def test_locked_user_stays_locked(connect: Connect) -> None:
    connector = await connect(**ROLES)
    assert await connector.sign_in("p-13", preferred_username="anna") == ""
    anna = (await connector.users())["anna"]["id"]
    await change(connector, anna, locked=True)
    boss = {"groups": ["telephony-admins"]}
    assert await connector.sign_in("p-13", **boss) == "user-locked"
    user = (await connector.users())["anna"]
    assert (user["locked"], user["role"]) == (True, "user"), "nothing of them changes"
    await refusal_recorded(connector, anna, "openid-user-locked")
    await change(connector, anna, locked=False)
    assert await connector.sign_in("p-13") == ""


async def test_removed_user_stays_out_until_linked_anew(connector: Connector) -> None:
    assert await connector.sign_in("p-14", preferred_username="anna") == ""
    await remove(connector, (await connector.users())["anna"]["id"])
    assert await connector.sign_in("p-14", preferred_username="anna") == "openid-user-removed"
    assert await connector.users() == {}
    again = await connector.company.make_user(connector.tenant)
    assert await link(connector, again.id, sub="p-14") == ""
    assert await connector.sign_in("p-14", preferred_username="anna") == ""
    assert set(await connector.users()) == {again.login}


async def test_switched_off_tenant_lets_nobody_in(connector: Connector) -> None:
    assert await connector.sign_in("p-15", preferred_username="anna") == ""
    path, off = f"/api/tenants/{connector.tenant}", {"active": False}
    answer = await connector.company.ask("PUT", path, connector.company.operator, off)
    assert answer.status_code == 200, answer.text
    assert await connector.sign_in("p-15") == "tenant-switched-off"
    assert await connector.sign_in("p-16", preferred_username="bert") == "tenant-switched-off"
    assert set(await connector.users()) == {"anna"}


async def test_tenant_by_claim_is_that_of_the_user_for_ever(connector: Connector) -> None:
    other = await connector.company.make_tenant()
    assert await connector.sign_in("p-17", preferred_username="anna") == ""
    assert set(await connector.users()) == {"anna"}
    assert await connector.sign_in("p-17", company=other) == "openid-tenant-wrong"
    assert await connector.sign_in("p-18", company="unknown-one") == "tenant-unknown"
    assert await connector.sign_in("p-18", company=None) == "openid-tenant-missing"
    assert await connector.sign_in("p-18", company=other, preferred_username="anna") == ""


async def test_role_follows_its_claim_at_each_sign_in(connect: Connect) -> None:
    connector = await connect(**ROLES)
    staff = {"preferred_username": "anna", "groups": ["staff"]}
    assert await connector.sign_in("p-19", **staff) == ""
    anna = (await connector.users())["anna"]
    assert anna["role"] == "user"
    visitor = connector.visitor()
    assert await visitor.sign_in("p-19") == ""
    boss = {**staff, "groups": ["staff", "telephony-admins"]}
    assert await connector.sign_in("p-19", **boss) == ""
    assert (await connector.users())["anna"]["role"] == "admin"
    assert (await visitor.renew()).status_code == 401, "earlier sessions end with the role"
    assert await connector.sign_in("p-19", **staff) == ""
    assert (await connector.users())["anna"]["role"] == "user"

    async def recorded() -> bool:
        events = await connector.events(event="role-changed")
        assert [e["detail"] for e in events] == ["admin-to-user", "user-to-admin"]
        return True

    await until(recorded, what="both changes in the security log")


async def test_claim_makes_nobody_an_operator_unnamed(connect: Connect) -> None:
    connector = await connect(**ROLES)
    assert await connector.sign_in("p-20", preferred_username="eve", groups=["operator"]) == ""
    assert (await connector.users())["eve"]["role"] == "user"
    named = {**ROLES, "openid_roles": {"installers": "operator"}}
    other = await connect(**named)
    assert await other.sign_in("p-21", preferred_username="otto", groups=["installers"]) == ""
    assert (await other.users())["otto"]["role"] == "operator"


async def test_person_without_a_role_can_be_refused(connect: Connect) -> None:
    connector = await connect(**ROLES, openid_role_default="none")
    cook = {"preferred_username": "carl", "groups": ["cooks"]}
    assert await connector.sign_in("p-22", **cook) == "openid-role-missing"
    assert await connector.users() == {}


async def test_role_stays_with_administrators_without_a_claim(connector: Connector) -> None:
    boss = {"preferred_username": "anna", "groups": ["telephony-admins"]}
    assert await connector.sign_in("p-23", **boss) == ""
    anna = (await connector.users())["anna"]
    assert anna["role"] == "user"
    await change(connector, anna["id"], role="admin")
    assert await connector.sign_in("p-23", **boss) == ""
    assert (await connector.users())["anna"]["role"] == "admin"


async def test_operator_who_loses_the_role_needs_a_seat(connect: Connect) -> None:
    connector = await connect(**ROLES)
    operator = await connector.company.make_user(connector.tenant, "operator")
    assert await link(connector, operator.id, "operator", sub="p-24") == ""
    token, now = connector.company.token(connector.tenant), connector.company.clock()
    one_seat = {"code": code(connector.tenant, seats=1, now=now)}
    put = await connector.company.ask("PUT", "/api/tenant/activation", token, one_seat)
    assert put.status_code == 200, put.text
    await connector.company.make_user(connector.tenant)
    assert await connector.sign_in("p-24", groups=["staff"]) == "seats-full?seats=1"
    assert (await connector.users())[operator.login]["role"] == "operator"


async def test_extensions_follow_their_claim(connect: Connect) -> None:
    connector = await connect(openid_extensions_claim="phone")
    assert await connector.sign_in("p-25", preferred_username="anna", phone="21, 22") == ""
    anna = (await connector.users())["anna"]
    assert anna["extensions"] == ["21", "22"]
    await change(connector, anna["id"], extensions=["99"])
    assert await connector.sign_in("p-25", phone=["23"]) == ""
    assert (await connector.users())["anna"]["extensions"] == ["23"]


async def test_two_first_sign_ins_at_once_create_one_user(connector: Connector) -> None:
    connector.add("p-26", preferred_username="anna")
    visitors = [connector.visitor() for _ in range(2)]
    ways_back = [await visitor.way_back("p-26") for visitor in visitors]
    answers = await asyncio.gather(
        *(visitor.open(way) for visitor, way in zip(visitors, ways_back, strict=True))
    )
    assert [answer.headers["location"] for answer in answers] == ["/#/signed-in"] * 2
    sessions = [await visitor.session() for visitor in visitors]
    assert len({session["user"]["id"] for session in sessions}) == 1
