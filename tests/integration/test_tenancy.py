"""Two tenants: neither sees, pops, reads or changes anything of the other's, on any route."""

import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute

from browser_socket import signed_in
from codes import code
from inprocess import Installation, Json
from integration.tenants import NUMBER, Company, company, state
from until import until

OPEN = {
    # routes without a token: each has its own proof of who is asking, or shows nothing of anybody
    *(
        f"{method} {slashes}hit/{{key}}{event}"
        for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS")
        for slashes in ("/", "//")
        for event in ("", "/{event:path}")
    ),
    "POST /api/session",
    "DELETE /api/session",
    "POST /api/session/renew",
    "GET /",
    "GET /web/{name}",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "WS /ws",  # the token is in its first frame
}


@pytest.fixture(scope="module")
async def ours(office: Installation) -> Company:
    return await company(office)


@pytest.fixture(scope="module")
async def theirs(office: Installation) -> Company:
    return await company(office)


def attempts(t: Company) -> dict[str, tuple[str, Json | None]]:
    """For every route that needs a token, how somebody else would reach for this company's."""
    text: Json = {"text": "theirs", "record": None}
    return {
        "POST /api/dial": ("/api/dial", {"number": NUMBER, "extension": "21"}),
        "GET /api/dial/link": ("/api/dial/link", None),
        "PUT /api/dial/link": ("/api/dial/link", {"link": "tel:{number}", "user": t.user.id}),
        "DELETE /api/dial/link": ("/api/dial/link", None),
        "GET /api/devices": ("/api/devices", None),
        "POST /api/devices": ("/api/devices", {"name": "x", "tenant": t.tenant}),
        "PATCH /api/devices/{device}": (f"/api/devices/{t.phone.id}", {"name": "x"}),
        "DELETE /api/devices/{device}": (f"/api/devices/{t.phone.id}", None),
        "GET /api/devices/{device}": (f"/api/devices/{t.phone.id}", None),
        "POST /api/devices/{device}/key": (f"/api/devices/{t.phone.id}/key", None),
        "GET /api/devices/{device}/urls": (f"/api/devices/{t.phone.id}/urls", None),
        "GET /api/devices/{device}/hits": (f"/api/devices/{t.phone.id}/hits", None),
        "POST /api/devices/{device}/hits/{hit}/replay": (
            f"/api/devices/{t.phone.id}/hits/{t.hit}/replay",
            None,
        ),
        "POST /api/devices/{device}/try": (
            f"/api/devices/{t.phone.id}/try",
            {"request": "/ringing?extension=21&number=1"},
        ),
        "GET /api/presets": ("/api/presets", None),
        "GET /api/tenant": ("/api/tenant", None),
        "PATCH /api/tenant": ("/api/tenant", {"name": "x", "id": t.tenant}),
        "PUT /api/tenant/activation": ("/api/tenant/activation", {"code": code(t.tenant)}),
        "PUT /api/tenants/{tenant}": (f"/api/tenants/{t.tenant}", {"name": "x"}),
        "GET /api/directory/records": ("/api/directory/records", None),
        "POST /api/directory/records": (
            "/api/directory/records",
            {"type": "contact", "name": "x", "tenant": t.tenant},
        ),
        "GET /api/directory/records/{record}": (f"/api/directory/records/{t.record}", None),
        "PATCH /api/directory/records/{record}": (
            f"/api/directory/records/{t.record}",
            {"name": "x"},
        ),
        "DELETE /api/directory/records/{record}": (f"/api/directory/records/{t.record}", None),
        "GET /api/calls": ("/api/calls", None),
        "GET /api/calls/{call}": (f"/api/calls/{t.call}", None),
        "DELETE /api/calls/{call}": (f"/api/calls/{t.call}", None),
        "POST /api/calls/{call}/comments": (f"/api/calls/{t.call}/comments", text),
        "GET /api/comments": (f"/api/comments?record={t.record}", None),
        "GET /api/recycle-bin": ("/api/recycle-bin", None),
        "POST /api/recycle-bin/{call}/restore": (f"/api/recycle-bin/{t.deleted}/restore", None),
        "GET /api/users": (f"/api/users?tenant={t.tenant}", None),
        "POST /api/users": (
            f"/api/users?tenant={t.tenant}",
            {"login": "intruder", "password": "long enough to do"},
        ),
        "PATCH /api/users/{user}": (f"/api/users/{t.user.id}", {"name": "x"}),
        "DELETE /api/users/{user}": (f"/api/users/{t.user.id}", None),
        "GET /api/sweeps": ("/api/sweeps", None),
        "POST /api/sweeps": ("/api/sweeps", {"tenant": t.tenant}),
        "GET /api/sweeps/schedule": ("/api/sweeps/schedule", None),
        "GET /api/dead-letters": (f"/api/dead-letters?tenant={t.tenant}", None),
        "POST /api/dead-letters/replay": (f"/api/dead-letters/replay?tenant={t.tenant}", None),
        "GET /api/dead-letters/{letter}": ("/api/dead-letters/0", None),
        "DELETE /api/dead-letters/{letter}": ("/api/dead-letters/0", None),
        "POST /api/dead-letters/{letter}/replay": ("/api/dead-letters/0/replay", None),
    }


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


def routes(office: Installation) -> set[str]:
    """Every route of the app, also those its description leaves out."""
    found: list[BaseRoute] = []
    for route in office.app.routes:
        joined = getattr(route, "original_router", None)
        found += joined.routes if joined is not None else []
    http = {f"{m} {r.path}" for r in found if isinstance(r, APIRoute) for m in r.methods or ()}
    return http | {f"WS {r.path}" for r in found if isinstance(r, APIWebSocketRoute)}


async def test_every_route_is_tried(office: Installation, theirs: Company) -> None:
    tried = set(attempts(theirs)) | OPEN
    assert routes(office) == tried, "a new route needs a row in this test"


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


ADMINS = (
    "GET /api/devices",
    "POST /api/devices",
    "PATCH /api/tenant",
    "PUT /api/tenant/activation",
    "POST /api/directory/records",
    "DELETE /api/calls/{call}",
    "GET /api/recycle-bin",
    "POST /api/recycle-bin/{call}/restore",
    "GET /api/users",
    "POST /api/users",
)
OPERATORS = (
    "PUT /api/tenants/{tenant}",
    "GET /api/sweeps",
    "POST /api/sweeps",
    "GET /api/sweeps/schedule",
)


@pytest.mark.parametrize("route", ADMINS)
async def test_a_user_is_no_administrator(office: Installation, ours: Company, route: str) -> None:
    path, body = attempts(ours)[route]
    answer = await office.ask(route.partition(" ")[0], path, ours.user.token, body)
    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("route", OPERATORS)
async def test_an_administrator_is_no_operator(
    office: Installation, ours: Company, route: str
) -> None:
    path, body = attempts(ours)[route]
    answer = await office.ask(route.partition(" ")[0], path, ours.admin.token, body)
    assert answer.status_code == 403, answer.text


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
