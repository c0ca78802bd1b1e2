"""Two tenants: neither sees, pops, reads or changes anything of the other's, on any route."""

import pytest

from softphone_testing.until import until
from support.browser_socket import signed_in
from support.installation import Installation, Json
from support.routes import OPEN, attempts, routes
from support.tenants import NUMBER, Company, company, state


@pytest.fixture(scope="module")
async def ours(office: Installation) -> Company:
    return await company(office)


@pytest.fixture(scope="module")
async def theirs(office: Installation) -> Company:
    return await company(office)


OWN_LISTS = {
    # these answer 200 with what is the caller's own, and the test looks at what that is
    "GET /api/devices",
    "GET /api/presets",
    "GET /api/tenant",
    "GET /api/directory/records",
    "GET /api/calls",
    "GET /api/comments",
    "GET /api/recycle-bin",
}
REFUSED = {403, 404, 422}


async def test_every_route_is_tried(office: Installation, theirs: Company) -> None:
    tried = set(attempts(theirs)) | OPEN
    assert routes(office.app) == tried, "a new route needs a row in what tries them"


@pytest.mark.parametrize("role", ["user", "admin"])
async def test_nobody_reaches_into_another_tenant(
    office: Installation, ours: Company, theirs: Company, role: str
) -> None:
    before = await state(office, theirs)
    token = ours.user.token if role == "user" else ours.admin.token
    secret = {theirs.tenant, theirs.phone.id, theirs.hit, theirs.record, theirs.call}
    secret |= {theirs.deleted, theirs.user.id, theirs.user.login, theirs.admin.login}
    for route, (path, body) in attempts(theirs).items():
        answer = await office.ask(route.partition(" ")[0], path, token, body)
        if route == "POST /api/dial":  # dials at the caller's own tenant, and shows there only
            assert answer.status_code in {201, 403}, answer.text
        elif route in OWN_LISTS:
            assert answer.status_code in {200, 403}, (route, answer.text)
        else:
            assert answer.status_code in REFUSED, (route, answer.status_code, answer.text)
        assert not [word for word in secret if word in answer.text], route
    assert await state(office, theirs) == before


async def test_without_a_token_nothing_is_answered(office: Installation, theirs: Company) -> None:
    before = await state(office, theirs)
    for route, (path, body) in attempts(theirs).items():
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic YTpi"}):
            method = route.partition(" ")[0]
            answer = await office.ask(method, path, None, body, headers=headers)
            assert answer.status_code == 401, route
            assert answer.headers["content-type"] == "application/problem+json"
    assert await state(office, theirs) == before


async def test_the_same_ids_and_numbers_are_different_calls_and_records(
    office: Installation, ours: Company, theirs: Company
) -> None:
    assert ours.call != theirs.call
    for one, other in ((ours, theirs), (theirs, ours)):
        seen = await office.get(f"/api/calls/{one.call}", one.admin.token)
        assert [match["record"] for match in seen["matches"]] == [one.record]
        assert {comment["text"] for comment in seen["comments"]} == {f"of {one.tenant}"}
        ids = {call["id"] for call in await office.calls(one.admin.token)}
        assert one.call in ids
        assert other.call not in ids


async def test_a_browser_hears_of_its_own_tenants_calls_only(
    office: Installation, ours: Company, theirs: Company
) -> None:
    said = {"extension": "21", "number": NUMBER}
    async with (
        signed_in(office.url, ours.user.token) as ours_hears,
        signed_in(office.url, theirs.user.token) as theirs_hears,
    ):
        call = await office.told(theirs.phone.key, "ringing", call_id="pop", **said)
        await until(theirs_hears.calls, what="the popup")
        text: Json = {"text": "for our eyes only", "record": None}
        await office.logged(theirs.admin.token, call, phase="ringing")
        await office.post(f"/api/calls/{call}/comments", theirs.user.token, text)
        await theirs_hears.hears("comment")
        mine = await office.told(ours.phone.key, "ringing", call_id="pop", **said)
        await until(ours_hears.calls, what="our own popup, after all of theirs")
        assert {seen["id"] for seen in ours_hears.calls()} == {mine}
        assert ours_hears.of("comment") == []
        assert {seen["id"] for seen in theirs_hears.calls()} == {call}


async def test_a_user_hears_of_the_calls_at_the_own_extensions_only(
    office: Installation, ours: Company
) -> None:
    async with (
        signed_in(office.url, ours.admin.token) as at_20,
        signed_in(office.url, ours.user.token) as at_21,
    ):
        foreign = await office.told(
            ours.phone.key, "ringing", call_id="a", extension="21", number=NUMBER
        )
        own = await office.told(
            ours.phone.key, "ringing", call_id="b", extension="20", number=NUMBER
        )
        await until(at_20.calls, what="the popup at 20")
        await until(at_21.calls, what="the popup at 21")
        assert {call["id"] for call in at_20.calls()} == {own}
        assert {call["id"] for call in at_21.calls()} == {foreign}
    await office.logged(ours.admin.token, own, phase="ringing")
    assert (await office.ask("GET", f"/api/calls/{own}", ours.user.token)).status_code == 404
    listed = await office.calls(ours.user.token, extension="20")
    assert listed == []


async def test_an_administrator_makes_and_changes_no_operator(
    office: Installation, ours: Company
) -> None:
    given = {"login": "climber", "password": "long enough to do", "role": "operator"}
    assert (await office.ask("POST", "/api/users", ours.admin.token, given)).status_code == 403
    path = f"/api/users/{ours.admin.id}"
    climbs = await office.ask("PATCH", path, ours.admin.token, {"role": "operator"})
    assert climbs.status_code == 403
    operator = await office.make_user(ours.tenant, "operator", ())
    for method, body in (("PATCH", {"password": "another long one"}), ("DELETE", None)):
        answer = await office.ask(method, f"/api/users/{operator.id}", ours.admin.token, body)
        assert answer.status_code == 403
