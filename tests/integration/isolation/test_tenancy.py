"""Two tenants: neither reads or changes data of the other, over any route or socket."""

import pytest

from softphone_testing.until import until
from support.product import Json
from support.stack.full_company import NUMBER, make_full_company, visible_state
from support.stack.installation import Installation
from support.stack.routes import OPEN, OWN_LISTS, attempts, routes
from support.tenant.browser import signed_in
from support.tenant.company import Company


@pytest.fixture(scope="module")
async def ours(installation: Installation) -> Company:
    return await make_full_company(installation)


@pytest.fixture(scope="module")
async def theirs(installation: Installation) -> Company:
    return await make_full_company(installation)


REFUSED = {403, 404, 422}


async def test_every_route_is_in_the_table_of_attempts(
    installation: Installation, theirs: Company
) -> None:
    tried = set(attempts(theirs)) | OPEN
    assert routes(installation.app) == tried, "a new route needs a row in support.stack.routes"


@pytest.mark.parametrize("role", ["user", "admin"])
async def test_route_with_ids_of_another_tenant_is_refused(
    installation: Installation, ours: Company, theirs: Company, role: str
) -> None:
    before = await visible_state(installation, theirs)
    token = ours.user.token if role == "user" else ours.admin.token
    secret = {
        theirs.tenant,
        theirs.phone.id,
        theirs.examples.hit,
        theirs.record,
        theirs.examples.call,
    }
    secret |= {theirs.examples.deleted_call, theirs.user.id, theirs.user.login, theirs.admin.login}
    for route, (path, body) in attempts(theirs).items():
        answer = await installation.ask(route.partition(" ")[0], path, token, body)
        if route in {"POST /api/dial", "POST /api/keys"}:  # makes one at the caller's own tenant
            assert answer.status_code in {201, 403}, answer.text
        elif route in OWN_LISTS:
            assert answer.status_code in {200, 204, 403}, (route, answer.text)
        else:
            assert answer.status_code in REFUSED, (route, answer.status_code, answer.text)
        assert not [word for word in secret if word in answer.text], route
    assert await visible_state(installation, theirs) == before


async def test_route_without_a_token_answers_401(
    installation: Installation, theirs: Company
) -> None:
    before = await visible_state(installation, theirs)
    for route, (path, body) in attempts(theirs).items():
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic YTpi"}):
            method = route.partition(" ")[0]
            answer = await installation.ask(method, path, None, body, headers=headers)
            assert answer.status_code == 401, route
            assert answer.headers["content-type"] == "application/problem+json"
    assert await visible_state(installation, theirs) == before


async def test_equal_ids_of_two_tenants_are_different_calls(
    installation: Installation, ours: Company, theirs: Company
) -> None:
    assert ours.examples.call != theirs.examples.call
    for one, other in ((ours, theirs), (theirs, ours)):
        seen = await installation.get(f"/api/calls/{one.examples.call}", one.admin.token)
        assert [match["record"] for match in seen["matches"]] == [one.record]
        assert {comment["text"] for comment in seen["comments"]} == {f"of {one.tenant}"}
        ids = {call["id"] for call in await installation.calls(one.admin.token)}
        assert one.examples.call in ids
        assert other.examples.call not in ids


async def test_socket_receives_calls_of_its_own_tenant_only(
    installation: Installation, ours: Company, theirs: Company
) -> None:
    fields = {"extension": "21", "number": NUMBER}
    async with (
        signed_in(installation.url, ours.user.token) as ours_hears,
        signed_in(installation.url, theirs.user.token) as theirs_hears,
    ):
        call = await theirs.phone.post_hits("ringing", call_id="pop", **fields)
        await until(theirs_hears.calls, what="the popup")
        text: Json = {"text": "for our eyes only", "record": None}
        await installation.logged(theirs.admin.token, call, phase="ringing")
        await installation.post(f"/api/calls/{call}/comments", theirs.user.token, text)
        await theirs_hears.expect("comment")
        mine = await ours.phone.post_hits("ringing", call_id="pop", **fields)
        await until(ours_hears.calls, what="our own popup, after all of theirs")
        assert {seen["id"] for seen in ours_hears.calls()} == {mine}
        assert ours_hears.of_type("comment") == []
        assert {seen["id"] for seen in theirs_hears.calls()} == {call}
        # the frame with the match would otherwise reach the sockets of the next test
        await until(lambda: ours_hears.calls()[-1]["matches"], what="the match of our own popup")


async def test_user_receives_calls_of_the_own_extensions_only(
    installation: Installation, ours: Company
) -> None:
    async with (
        signed_in(installation.url, ours.admin.token) as at_20,
        signed_in(installation.url, ours.user.token) as at_21,
    ):
        foreign = await ours.phone.post_hits("ringing", call_id="a", extension="21", number=NUMBER)
        own = await ours.phone.post_hits("ringing", call_id="b", extension="20", number=NUMBER)
        await until(at_20.calls, what="the popup at 20")
        await until(at_21.calls, what="the popup at 21")
        assert {call["id"] for call in at_20.calls()} == {own}
        assert {call["id"] for call in at_21.calls()} == {foreign}
    await installation.logged(ours.admin.token, own, phase="ringing")
    assert (await installation.ask("GET", f"/api/calls/{own}", ours.user.token)).status_code == 404
    listed = await installation.calls(ours.user.token, extension="20")
    assert listed == []


async def test_deleted_call_and_its_comments_are_for_administrators(
    installation: Installation, ours: Company
) -> None:
    record = await installation.make_record(ours.tenant, NUMBER)
    call = await ours.phone.post_hits("ringing", call_id="d", extension="21", number=NUMBER)
    path = f"/api/calls/{call}"

    async def comments() -> list[Json]:
        page = await installation.get("/api/comments", ours.user.token, record=record)
        items: list[Json] = page["items"]
        return items

    async def matched() -> bool:
        entry = await installation.get(path, ours.user.token)
        return record in {match["record"] for match in entry["matches"]}

    await until(matched, what="the match")
    await installation.post(f"{path}/comments", ours.user.token, {"text": "x", "record": record})
    assert len(await comments()) == 1
    answer = await installation.ask("DELETE", path, ours.admin.token)
    assert answer.status_code == 204
    assert (await installation.ask("GET", path, ours.user.token)).status_code == 404
    again = await installation.ask("POST", f"{path}/comments", ours.user.token, {"text": "y"})
    assert again.status_code == 404
    assert await comments() == []
    assert (await installation.get(path, ours.admin.token))["comments"]


async def test_administrator_cannot_create_or_change_an_operator(
    installation: Installation, ours: Company
) -> None:
    climber = {"login": "climber", "password": "long enough to do", "role": "operator"}
    assert (
        await installation.ask("POST", "/api/users", ours.admin.token, climber)
    ).status_code == 403
    path = f"/api/users/{ours.admin.id}"
    climbs = await installation.ask("PATCH", path, ours.admin.token, {"role": "operator"})
    assert climbs.status_code == 403
    operator = await installation.make_user(ours.tenant, "operator", ())
    for method, body in (("PATCH", {"password": "another long one"}), ("DELETE", None)):
        answer = await installation.ask(method, f"/api/users/{operator.id}", ours.admin.token, body)
        assert answer.status_code == 403
