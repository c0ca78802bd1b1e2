"""Security headers of every answer, and the origins whose pages may use the session cookie."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from support.page_files import address_of
from support.product import bearer
from support.stack.installation import Installation
from support.tenant.company import Company, Person

ELSEWHERE = "https://crm.example"
SETTINGS = {"origins": [ELSEWHERE]}
UNDESCRIBED = ("/healthz", "/readyz", "/metrics", "/nowhere", "/openapi.json", "//hit/x")
CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
"""The policy of answers that are no pages of ours, in case a browser opens them."""

FOR_A_YEAR = "public, max-age=31536000, immutable"
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


@pytest.fixture
async def anna(installation: Installation) -> Person:
    return await installation.make_user(await installation.make_tenant())


def requests(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of one request to each route."""
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            yield method.upper(), re.sub(r"{[\w:]+}", "x", path)
    for path in UNDESCRIBED:
        yield "GET", path


@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "nobody"])
async def test_answer_of_any_route_has_the_security_headers(
    installation: Installation, is_signed_in: bool
) -> None:
    tenant = await installation.make_tenant()
    headers = bearer(installation.token(tenant, "operator", ("21",))) if is_signed_in else {}
    routes = list(requests(installation.app))
    assert len(routes) > 40
    for method, path in routes:
        answer = await installation.ask(method, path, json={}, headers=headers)
        require_closed(answer)


def require_closed(answer: httpx.Response) -> None:
    """Asserts that browsers neither store the answer nor run it as a page."""
    headers, url = answer.headers, answer.request.url
    assert headers.get_list("cache-control") == ["no-store"], url
    assert headers.get_list("x-content-type-options") == ["nosniff"], url
    assert headers.get_list("referrer-policy") == ["no-referrer"], url
    assert headers.get_list("content-security-policy") == [CLOSED], url
    assert "server" not in headers


FORM = '<form xmlns="http://www.w3.org/1999/xhtml" action="https://evil.example"><input/></form>'


@pytest.mark.parametrize("kind", ["text/html", "application/xhtml+xml", "image/svg+xml"])
async def test_device_reply_with_a_page_type_is_refused(
    installation: Installation, company: Company, kind: str
) -> None:
    device = await installation.make_phone(company.tenant)
    mapping = {"answers": [{"content_type": kind, "body": FORM}]}
    path = f"/api/devices/{device.id}"
    answer = await installation.ask("PATCH", path, company.admin.token, {"mapping": mapping})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "mapping.answers.0.content_type"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("text/plain", "text/plain; charset=utf-8"),
        ("", "text/plain; charset=utf-8"),
        ("text/xml", "text/xml; charset=utf-8"),
        ("application/xml", "application/xml"),
    ],
)
async def test_device_reply_has_the_security_headers(
    installation: Installation, company: Company, kind: str, expected: str
) -> None:
    device = await installation.make_phone(company.tenant)
    mapping = {"answers": [{"content_type": kind, "body": FORM}]}
    changes = {"mapping": mapping}
    changed = await installation.ask(
        "PATCH", f"/api/devices/{device.id}", company.admin.token, changes
    )
    assert changed.status_code == 200, changed.text
    path = f"/hit/{device.key}/ringing?extension=21&number=08999998001"
    answer = await installation.ask("GET", path)
    assert (answer.text, answer.headers["content-type"]) == (FORM, expected)
    require_closed(answer)


ASKED_EACH_TIME = ("/", "/pop?number=08999998001", "/favicon.ico")
KEPT = tuple(map(address_of, (".js", ".css", ".svg")))


@pytest.mark.parametrize("path", [*ASKED_EACH_TIME, *KEPT])
async def test_file_of_the_page_has_its_policy(installation: Installation, path: str) -> None:
    answer = await installation.ask("GET", path)
    assert answer.status_code == 200
    rules = answer.headers["content-security-policy"].split(";")
    assert dict(rule.strip().split(" ", 1) for rule in rules) == POLICY
    caching = answer.headers["cache-control"]
    assert caching == ("no-cache" if path in ASKED_EACH_TIME else FOR_A_YEAR)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert {"camera=()", "microphone=()"} <= set(answer.headers["permissions-policy"].split(", "))


async def test_browser_at_an_unknown_address_gets_a_page(installation: Installation) -> None:
    page = await installation.ask("GET", "/nowhere", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src")
    program = await installation.ask("GET", "/nowhere", headers={"Accept": "*/*"})
    assert (program.status_code, program.json()["code"]) == (404, "address-unknown")


async def test_page_contains_nothing_its_policy_forbids(installation: Installation) -> None:
    page = (await installation.ask("GET", "/")).text
    assert (await installation.ask("GET", "/pop?number=<script>alert(1)</script>")).text == page
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://", page)


ALLOWED: dict[str, dict[str, str]] = {
    "no browser": {},
    "own page": {"Origin": "{own}", "Sec-Fetch-Site": "same-origin"},
    "old browser": {"Origin": "{own}"},
    "typed in": {"Sec-Fetch-Site": "none"},
    "listed": {"Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site"},
}
REFUSED: dict[str, dict[str, str]] = {
    "another": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "another, old browser": {"Origin": "https://evil.example"},
    "no origin": {"Origin": "null"},
    "half an address": {"Origin": "http://["},
    "another scheme": {"Origin": "{own}", "Sec-Fetch-Site": "same-site"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "by site alone": {"Sec-Fetch-Site": "cross-site"},
    "a longer name": {"Origin": "{own}.evil.example"},
    "a longer listed one": {"Origin": f"{ELSEWHERE}.evil.example"},
}


async def statuses(
    installation: Installation, anna: Person, headers: dict[str, str]
) -> dict[str, int]:
    plain = {name: value.replace("{own}", installation.url) for name, value in headers.items()}
    with_cookie = plain | {"Cookie": f"softphone_session={anna.cookie}"}
    credentials: Any = {"tenant": anna.tenant, "login": anna.login, "password": "long enough to do"}
    answers = {
        "in": await installation.ask("POST", "/api/session", json=credentials, headers=plain),
        "renew": await installation.ask("POST", "/api/session/renew", headers=with_cookie),
        "out": await installation.ask("DELETE", "/api/session", headers=with_cookie),
    }
    return {name: answer.status_code for name, answer in answers.items()}


@pytest.mark.parametrize("headers", ALLOWED.values(), ids=ALLOWED.keys())
async def test_sign_in_from_an_allowed_origin_succeeds(
    installation: Installation, anna: Person, headers: dict[str, str]
) -> None:
    assert await statuses(installation, anna, headers) == {"in": 201, "renew": 201, "out": 204}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED.keys())
async def test_session_requests_from_another_origin_are_refused(
    installation: Installation, anna: Person, headers: dict[str, str]
) -> None:
    assert set((await statuses(installation, anna, headers)).values()) == {403}
    assert (await statuses(installation, anna, {}))["renew"] == 201
