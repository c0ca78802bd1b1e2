"""The directory over HTTP without a server: which numbers of a record find it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from softphone_common.contracts.entities import Tenant
from softphone_common.http import app as http_app
from softphone_common.http.auth import Caller, Tokens, caller
from softphone_matcher.routes import DirectoryApi
from softphone_matcher.settings import MatcherSettings
from softphone_testing.memory.directory import MemoryDirectory

RECORDS = "/api/directory/records"
TENANT = Tenant(id="acme", name="Acme")


def admin() -> Caller:
    return Caller(
        user="u1",
        tenant="acme",
        login="anna",
        role="admin",
        extensions=[],
        version=1,
        expires_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async def ready() -> dict[str, Any]:
        return {"ready": True}

    api = DirectoryApi(MemoryDirectory(50), lambda _: TENANT, MatcherSettings.model_construct())
    app = http_app.build("matcher", [api.router], Tokens(SecretStr("s" * 32)), 65_536, ready)
    app.dependency_overrides[caller] = admin
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


async def save(client: httpx.AsyncClient, *numbers: str, strict: bool = False) -> httpx.Response:
    body = {"type": "contact", "name": "Huber", "numbers": [{"number": n} for n in numbers]}
    return await client.post(RECORDS, json=body, params={"strict": strict} if strict else {})


async def found_by(client: httpx.AsyncClient, number: str) -> int:
    """How many records a number finds."""
    response = await client.get(RECORDS, params={"number": number})
    return len(response.json()["items"])


async def test_saved_record_says_by_which_keys_it_is_found(client: httpx.AsyncClient) -> None:
    response = await save(client, "089 99998301/02", "+1 212-555-0147 x 9")
    assert response.status_code == 201
    assert response.json()["numbers"] == [
        {
            "number": "089 99998301/02",
            "label": "",
            "e164": "+498999998301",
            "ext": "",
            "keys": ["+498999998301", "+498999998302"],
            "problem": None,
        },
        {
            "number": "+1 212-555-0147 x 9",
            "label": "",
            "e164": "+12125550147",
            "ext": "9",
            "keys": ["+12125550147"],
            "problem": None,
        },
    ]
    shown = await client.get(f"{RECORDS}/{response.json()['id']}")
    assert shown.json() == response.json()


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("garbage text", "number-unreadable"),
        ("Ext. 53613", "number-unreadable"),
        ("4.99E+11", "number-unreadable"),
        ("089 999", "number-unreadable"),
        ("212-555-014", "number-unreadable"),
        ("21 - Empfang", "number-internal"),
        ("115", "number-service"),
        ("unterdrückt", "number-withheld"),
    ],
)
async def test_number_without_keys_is_told_or_refused(
    client: httpx.AsyncClient, number: str, problem: str
) -> None:
    saved = (await save(client, number)).json()["numbers"][0]
    assert (saved["e164"], saved["keys"], saved["problem"]) == (None, [], problem)
    refused = await save(client, "089 99998001", number, strict=True)
    assert refused.status_code == 422
    errors = [(error["field"], error["code"]) for error in refused.json()["errors"]]
    assert errors == [("numbers.1.number", problem)]
    assert await found_by(client, "089 99998001") == 0


async def test_strict_takes_a_record_with_keys(client: httpx.AsyncClient) -> None:
    assert (await save(client, "089 99998001", strict=True)).status_code == 201


async def test_edit_says_and_refuses_as_a_new_record_does(client: httpx.AsyncClient) -> None:
    record = (await save(client, "089 99998001")).json()
    path, changes = f"{RECORDS}/{record['id']}", {"numbers": [{"number": "089 999"}]}
    refused = await client.patch(path, json=changes, params={"strict": True})
    assert refused.json()["errors"][0]["field"] == "numbers.0.number"
    assert await found_by(client, "089 99998001") == 1
    edited = await client.patch(path, json=changes)
    assert edited.json()["numbers"][0]["problem"] == "number-unreadable"
    renamed = await client.patch(path, json={"name": "Maier"}, params={"strict": True})
    assert renamed.status_code == 200


@pytest.mark.parametrize(
    ("number", "callers", "strangers"),
    [
        ("+49 89 99998601/02", ["08999998601", "08999998602"], ["0899999860102"]),
        ("+49 30 23125610/11", ["03023125610", "03023125611"], ["0302312561011"]),
        ("498999998631.0", ["08999998631"], ["089999986310"]),
        ("1713920045.0", ["01713920045"], ["017139200450"]),
        ("1+951 555 0171", ["+19515550171"], ["+9515550171"]),
        ("089 99998611 / 99998612", ["08999998611", "08999998612"], []),
        ("089 99998618 ::: 0171 3920062", ["08999998618", "01713920062"], []),
        ("498,999,998,636", ["08999998636"], ["498"]),
        ("+54 11 2345-6701", ["+541123456701", "+5491123456701"], []),
        ("+54 9 11 2345 6702", ["+541123456702", "+5491123456702"], []),
        ("+55 (11) 8765-4301", ["+5511987654301", "+551187654301"], []),
        ("+55 11 98765-4302", ["+5511987654302", "+551187654302"], []),
        ("+55 11 3765-4303", ["+551137654303"], ["+5511937654303"]),
        ("+229 97 12 34 01", ["+2290197123401", "+22997123401"], []),
        ("+225 07 12 34 02", ["+2250707123402", "+22507123402"], []),
        ("+39 06 698 12301", ["+390669812301", "+39669812301", "0039669812301"], []),
        ("+378 0549 886377", ["+3780549886377", "+390549886377"], []),
    ],
)
async def test_record_is_found_by_its_lines_and_no_other(
    client: httpx.AsyncClient, number: str, callers: list[str], strangers: list[str]
) -> None:
    await save(client, number)
    assert [await found_by(client, caller_) for caller_ in callers] == [1] * len(callers)
    assert [await found_by(client, stranger) for stranger in strangers] == [0] * len(strangers)
