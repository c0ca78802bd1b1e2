"""Malformed input to any route gets an answer that names the problem, never a crash."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, quote_from_bytes, urlencode

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.mapping.schema import Mapping
from support.product import PASSWORD, bearer
from support.stack.installation import Installation
from support.tenant.browser import open_socket, signed_in
from support.tenant.company import Company

NUMBER = "089 99998030"


@pytest.fixture(scope="module")
async def call(installation: Installation, company: Company) -> str:
    call = await company.phone.post_hits("ringing", extension="21", number=NUMBER)
    await installation.logged(company.admin.token, call)
    return call


def coded(position: bytes) -> str:
    """A cursor that encodes this position."""
    return urlsafe_b64encode(position).decode()


CURSORS = {
    "no base64": "ä",
    "no JSON": coded(b"["),
    "no list": coded(b"17"),
    "empty": coded(b"[]"),
    "deep": coded(b"[" * 1400),
    "half a character": coded(b'[1, "\\ud800"]'),
    "half a character first": coded(b'["\\ud800", "x"]'),
    "too late": coded(b'[99999999999999999, "x"]'),
    "too early": coded(b'[-99999999999999999, "x"]'),
}
INVALID_TIMES = {
    "before the first moment": "0001-01-01T00:00:00+14:00",
    "after the last moment": "9999-12-31T23:59:59-14:00",
    "a moment nowhere": "2026-01-01T00:00:00",
    "no moment": "now",
}
BY_TIME = (
    *("/api/devices/{device}/hits", "/api/dead-letters"),
    *("/api/audit", "/api/calls/{call}/comments", "/api/directory/recycle-bin"),
    "/api/directory/imports",
    "/api/recycle-bin/comments",
)
LISTS = (
    "/api/calls",
    "/api/devices",
    "/api/directory/records",
    "/api/recycle-bin",
    "/api/tenants",
    *BY_TIME,
)


async def refuses_cursor(
    installation: Installation, company: Company, path: str, cursor: str, call: str
) -> None:
    path = path.format(device=company.phone.id, call=call)
    token = installation.token(company.tenant, "operator")
    answer = await installation.ask("GET", path, token, params={"cursor": cursor})
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("cursor", CURSORS.values(), ids=CURSORS.keys())
async def test_malformed_cursor_is_refused_at_its_field(
    installation: Installation, company: Company, path: str, cursor: str, call: str
) -> None:
    await refuses_cursor(installation, company, path, cursor, call)


@pytest.mark.parametrize("path", BY_TIME)
@pytest.mark.parametrize("moment", INVALID_TIMES.values(), ids=INVALID_TIMES.keys())
async def test_cursor_with_an_invalid_time_is_refused(
    installation: Installation, company: Company, path: str, moment: str, call: str
) -> None:
    cursor = coded(json.dumps([moment, "x"]).encode())
    await refuses_cursor(installation, company, path, cursor, call)


def test_every_list_with_a_cursor_is_in_the_tests(installation: Installation) -> None:
    assert {one.path for one in operations(installation.app) if "cursor" in one.query} == {*LISTS}


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("GET", "/api/calls", "from"),
        ("GET", "/api/calls", "to"),
        ("POST", "/api/dead-letters/replay", "died_before"),
    ],
)
@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00", "now", "12"],
)
async def test_parameter_with_an_invalid_time_is_refused(
    installation: Installation, method: str, path: str, field: str, moment: str
) -> None:
    answer = await installation.ask(method, path, installation.operator, params={field: moment})
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_time_in_any_zone_is_accepted(
    installation: Installation, company: Company, call: str
) -> None:
    began = (await installation.logged(company.admin.token, call))["started_at"]
    for hours in (-12, 0, 14):
        there = timezone(timedelta(hours=hours))
        moment = datetime.fromisoformat(began).astimezone(there).isoformat()
        assert await installation.calls(company.admin.token, to=moment) == []
        assert [
            c["id"] for c in await installation.calls(company.admin.token, **{"from": moment})
        ] == [call]


async def test_login_cannot_be_changed_to_one_in_use(
    installation: Installation, company: Company
) -> None:
    ids = []
    for login in ("anna", "bernd"):
        body = {"login": login, "password": PASSWORD}
        ids.append((await installation.post("/api/users", company.admin.token, body))["id"])
    path = f"/api/users/{ids[1]}"
    answer = await installation.ask("PATCH", path, company.admin.token, {"login": "anna"})
    assert answer.status_code == 409, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == ["login"]
    assert (await installation.sign_in(company.tenant, "bernd")).status_code == 201


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert({number})",
        " javascript:alert({number})",
        "java\nscript:alert({number})",
        "\x01javascript:alert({number})",
        "JavaScript:alert({number})",
        "data:text/html,{number}",
        "https://other.example/{number}",
        "tel:",
    ],
)
async def test_dial_link_that_could_run_code_is_refused(
    installation: Installation, company: Company, link: str
) -> None:
    answer = await installation.ask(
        "PATCH", "/api/tenant", company.admin.token, {"dial_link": link}
    )
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == ["dial_link"]


FRAMES = {"deep": "[" * 60_000, "bytes": b"{}", "nothing": "", "big number": "1" * 5000}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
async def test_malformed_frame_closes_the_socket(
    installation: Installation, company: Company, frame: str | bytes
) -> None:
    async with open_socket(installation.url) as browser:
        await browser.send(frame)
        assert await browser.close_code() == 4004
    async with signed_in(installation.url, company.admin.token) as browser:
        await browser.send(frame)
        assert await browser.close_code() == 4004


@dataclass(frozen=True)
class Operation:
    """One route of the OpenAPI description, with its query parameters and body fields."""

    method: str
    path: str
    query: tuple[str, ...]
    fields: tuple[str, ...]


def operations(app: FastAPI) -> Iterator[Operation]:
    document = app.openapi()
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            parameters = about.get("parameters", [])
            query = tuple(p["name"] for p in parameters if p["in"] == "query")
            content = about.get("requestBody", {}).get("content", {})
            named = content.get("application/json", {}).get("schema", {}).get("$ref", "")
            schema = document["components"]["schemas"].get(named.rpartition("/")[2], {})
            fields = tuple(schema.get("properties", {}))
            yield Operation(method.upper(), path, query, fields)


_text = st.text(st.characters(exclude_categories=()), max_size=12)
_number = st.sampled_from([NUMBER, "", "tel:{number}", "contact", "user", "AT", "Europe/Berlin"])
_scalar = st.none() | st.booleans() | st.integers() | st.floats() | _text | _number
_value = st.recursive(_scalar, lambda v: st.lists(v, max_size=3) | st.dictionaries(_text, v))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_route_with_any_input_does_not_crash(
    installation: Installation, company: Company, call: str, data: st.DataObject
) -> None:
    operation = data.draw(st.sampled_from(list(operations(installation.app))))
    ids = st.sampled_from([call, company.phone.key, company.tenant]) | st.text(
        min_size=1, max_size=9
    )
    path = operation.path
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + quote(data.draw(ids), safe="") + rest.partition("}")[2]
    query = {name: data.draw(st.text(max_size=9) | _number) for name in operation.query}
    fields: Any = {name: data.draw(_value) for name in operation.fields}
    dropped = data.draw(st.sets(st.sampled_from([*operation.query, *operation.fields, "-"])))
    answer = await installation.client.request(
        operation.method,
        path,
        params={k: v for k, v in query.items() if k not in dropped},
        content=json.dumps({k: v for k, v in fields.items() if k not in dropped}),
        headers={
            **bearer(installation.token(company.tenant, "operator", ("21",))),
            "Content-Type": "application/json",
        },
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


_WORDS = sorted(
    {
        source.partition(".")[2].rpartition(".")[2]
        for preset in load_all().values()
        for rules in Mapping.model_validate(preset.mapping).fields.values()
        for rule in rules
        for source in (*rule.sources, *rule.when)
    }
    - {""}
)
"""Every name that a preset reads."""

_fields = st.sampled_from(_WORDS)
_words = st.sampled_from(
    [NUMBER, "newCall", "hangup", "ringing", "in", "out", "1", "w0", "$remote", '{"a":[1]}']
)
_values = st.one_of(
    _text, _words, st.none(), st.booleans(), st.integers(), st.floats(), st.lists(st.none())
)
_json_bodies = st.dictionaries(_fields | _text, _values, max_size=5).map(
    lambda fields: json.dumps({"extension": "21", "number": "089 99998030", **fields}).encode()
)
_form = st.dictionaries(_fields, _words | st.text(max_size=8), max_size=6).map(
    lambda fields: urlencode(fields).encode()
)
_xml = st.tuples(_fields, st.text(max_size=8)).map(
    lambda element: (
        f"<?xml version='1.0'?><call><{element[0]}>{element[1]}</{element[0]}></call>".encode()
    )
)
_kinds = st.sampled_from(
    [
        "application/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=b",
        "multipart/form-data; boundary=b; charset=nonsense",
        "text/plain; charset=utf-16",
    ]
) | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)


@pytest.fixture(scope="module")
async def phones(installation: Installation, company: Company) -> dict[str, str]:
    """The key of one device for each preset."""
    keys = {}
    for preset in load_all():
        body = {"name": preset, "preset": preset}
        keys[preset] = (await installation.post("/api/devices", company.admin.token, body))["key"]
    return keys


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    preset=st.sampled_from(sorted(load_all())),
    method=st.sampled_from(["GET", "POST", "PUT"]),
    path=st.sampled_from(["", "/", "/ringing", "/ended", "/incoming_call", "//x=1&y=2/"])
    | st.text(max_size=5).map(lambda text: f"/{quote(text, safe='')}"),
    query=st.binary(max_size=30) | st.just(b"extension=21&number=1") | _form,
    body=st.binary(max_size=60)
    | _json_bodies
    | _form
    | _xml
    | st.just(b"--b\r\nContent-Disposition: form-data; name="),
    kind=_kinds,
)
async def test_hit_with_any_input_does_not_crash(
    installation: Installation,
    phones: dict[str, str],
    preset: str,
    method: str,
    path: str,
    query: bytes,
    body: bytes,
    kind: str,
) -> None:
    url = f"/hit/{phones[preset]}{path}?{quote_from_bytes(query, safe='=&+%;')}"
    headers = {"Content-Type": kind} if kind else {}
    answer = await installation.client.request(method, url, content=body, headers=headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
