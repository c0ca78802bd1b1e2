"""The directory over HTTP: which numbers of a record find it, and how records are changed."""

from typing import Any

import httpx
import pytest

from softphone_common.contracts.entities import Role

RECORDS = "/api/directory/records"
WHY = {
    "anonymous": "number-withheld",
    "invalid": "number-unreadable",
    "internal": "number-internal",
}


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
            "extension_digits": 0,
            "ranges": [],
            "why": None,
        },
        {
            "number": "+1 212-555-0147 x 9",
            "label": "",
            "e164": "+12125550147",
            "ext": "9",
            "keys": ["+12125550147"],
            "extension_digits": 0,
            "ranges": [],
            "why": None,
        },
    ]
    shown = await client.get(f"{RECORDS}/{response.json()['id']}")
    assert shown.json() == response.json() | {"proposed_ranges": []}


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("garbage text", "number-unreadable"),
        ("Ext. 53613", "number-unreadable"),
        ("4.99E+11", "number-unreadable"),
        ("089 999", "number-unreadable"),
        ("0176 123", "number-unreadable"),
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
    assert (saved["e164"], saved["keys"], saved["why"]) == (None, [], problem)
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
    assert edited.json()["numbers"][0]["why"] == "number-unreadable"
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


async def test_direct_lines_find_the_record_of_an_exchange(client: httpx.AsyncClient) -> None:
    numbers = [{"number": "089 99998-0", "extension_digits": 2}, {"number": "030 23125-0"}]
    body = {"type": "organization", "name": "Huber GmbH", "numbers": numbers}
    saved = (await client.post(RECORDS, json=body)).json()
    assert [each["ranges"] for each in saved["numbers"]] == [
        ["+498999998xx", "+498999998-0"],
        ["+493023125-0"],
    ]
    reasons = {
        "089 99998-56": ("range", "range", "direct line of +498999998xx"),
        "089 99998-567": ("range", "main-number", "direct line of the main number +498999998-0"),
        "030 23125-56": ("range", "main-number", "direct line of the main number +493023125-0"),
        "089 999980": ("exact", "number", "number +4989999980"),
    }
    for number, reason in reasons.items():
        found = (await client.get("/api/directory/matches", params={"number": number})).json()
        assert [(m["level"], m["basis"], m["reason"]) for m in found["matches"]] == [reason]
    changes = {"numbers": [{"number": "089 999980"}]}
    await client.patch(f"{RECORDS}/{saved['id']}", json=changes)
    params = {"number": "089 99998-56"}
    assert (await client.get("/api/directory/matches", params=params)).json()["matches"] == []


@pytest.mark.parametrize("digits", [-1, 6])
async def test_extensions_have_no_more_digits(client: httpx.AsyncClient, digits: int) -> None:
    numbers = [{"number": "089 99998-0", "extension_digits": digits}]
    body = {"type": "contact", "name": "Huber", "numbers": numbers}
    response = await client.post(RECORDS, json=body)
    assert response.json()["errors"][0]["field"] == "numbers.0.extension_digits"


async def test_number_is_matched_as_in_a_call_of_it(client: httpx.AsyncClient) -> None:
    saved = await save(client, "089 99998311 / 99998312")
    for number in ("+49 (0)89 99998-311", " 498999998312", "#31#08999998311"):
        found = (await client.get("/api/directory/matches", params={"number": number})).json()
        assert found["number"]["kind"] == "external"
        assert [match["record"] for match in found["matches"]] == [saved.json()["id"]]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("", "anonymous"),
        ("<number>", "anonymous"),
        ("$(calleridCanonical)", "anonymous"),
        ("null", "anonymous"),
        ("Huber", "invalid"),
        ("21", "internal"),
        ("22", "internal"),
    ],
)
async def test_number_without_records_is_answered_with_its_kind(
    client: httpx.AsyncClient, number: str, kind: str
) -> None:
    found = (await client.get("/api/directory/matches", params={"number": number})).json()
    assert (found["number"]["kind"], found["matches"]) == (kind, [])
    assert found["why"] == ("number-ignored" if number == "22" else WHY[kind])


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("030 23125-500", "number-own"),
        ("+4930 23125600", "number-ignored"),
        ("+54 9 11 2345-6789", "number-ignored"),
        ("030 23125700", None),
    ],
)
async def test_numbers_of_the_lists_match_nobody(
    client: httpx.AsyncClient, number: str, why: str | None
) -> None:
    await save(client, number)
    found = (await client.get("/api/directory/matches", params={"number": number})).json()
    assert (found["number"]["kind"], found["why"]) == ("external", why)
    assert len(found["matches"]) == (why is None)


@pytest.mark.parametrize(
    "url", ["//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "x"]
)
async def test_address_of_a_record_on_an_unnamed_host_is_refused(
    client: httpx.AsyncClient, url: str
) -> None:
    body = {"type": "contact", "name": "Huber", "url": url}
    refused = await client.post(RECORDS, json=body)
    assert refused.status_code == 422
    assert [error["code"] for error in refused.json()["errors"]] == ["url-invalid"]


@pytest.mark.parametrize("url", ["/crm/7", "/", "", "https://crm.example/7", "http://crm//7"])
async def test_address_of_a_record_is_saved(client: httpx.AsyncClient, url: str) -> None:
    saved = await client.post(RECORDS, json={"type": "contact", "name": "Huber", "url": url})
    assert (saved.status_code, saved.json()["url"]) == (201, url)


async def test_only_administrators_set_links(client: httpx.AsyncClient, roles: list[Role]) -> None:
    link = {"url": "https://crm.example/7"}
    record = (await client.post(RECORDS, json={"type": "contact", "name": "H", **link})).json()
    roles[0] = "user"
    path = f"{RECORDS}/{record['id']}"
    assert (await client.patch(path, json={"name": "Huber", **link})).status_code == 200
    refused = [
        await client.patch(path, json={"url": "https://evil.example"}),
        await client.patch(path, json={"url": ""}),
        await client.post(RECORDS, json={"type": "contact", "name": "H", **link}),
    ]
    assert [answer.status_code for answer in refused] == [403] * 3
    assert [answer.json()["errors"][0]["field"] for answer in refused] == ["url"] * 3
    assert (await client.get(path)).json()["url"] == link["url"]
    assert (await client.post(RECORDS, json={"type": "contact", "name": "H"})).status_code == 201


DETAILS: dict[str, Any] = {
    "organization": "Huber GmbH",
    "organization_record": "r1",
    "emails": ["maria@huber.example", "m.huber@huber.example"],
    "address": "Marienplatz 1, München",
    "note": "Ruft früh an",
    "tags": ["vip"],
    "owner": "anna",
    "team": "Vertrieb",
}


async def test_record_keeps_everything_that_was_sent(client: httpx.AsyncClient) -> None:
    body = {"type": "contact", "name": "Huber", "numbers": [{"number": "089 99998321"}]}
    record = (await client.post(RECORDS, json=body | DETAILS)).json()
    assert {name: record[name] for name in DETAILS} == DETAILS
    answer = await client.get("/api/directory/matches", params={"number": "08999998321"})
    assert answer.json()["matches"][0]["organization"] == "Huber GmbH"
    changed = await client.patch(f"{RECORDS}/{record['id']}", json={"note": ""})
    assert {name: changed.json()[name] for name in DETAILS} == DETAILS | {"note": ""}


@pytest.mark.parametrize(
    "email", ["maria", "@", "a b@huber.example", "a@b@c", "a@" + "b" * 254, ""]
)
async def test_address_that_is_no_email_is_refused(client: httpx.AsyncClient, email: str) -> None:
    refused = await client.post(RECORDS, json={"type": "lead", "name": "H", "emails": [email]})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["emails.0"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"q": "hub"}, 1),
        ({"q": "x4"}, 0),
        ({"q": ""}, 1),
        ({"q": "9998331"}, 1),
        ({"tag": "vip"}, 1),
        ({"tag": "other"}, 0),
        ({"owner": "anna", "q": "huber"}, 1),
        ({"type": "lead"}, 0),
        ({"source": "crm"}, 0),
    ],
)
async def test_records_are_searched(
    client: httpx.AsyncClient, query: dict[str, str], count: int
) -> None:
    body = {"type": "contact", "name": "Huber", "numbers": [{"number": "089 99998331"}]}
    await client.post(RECORDS, json=body | DETAILS)
    assert len((await client.get(RECORDS, params=query)).json()["items"]) == count


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [({"q": "x"}, "q", "search-too-short"), ({"nmae": "huber"}, "nmae", "parameter-unknown")],
)
async def test_search_that_would_find_everything_is_refused(
    client: httpx.AsyncClient, query: dict[str, str], field: str, code: str
) -> None:
    refused = await client.get(RECORDS, params=query)
    assert refused.status_code == 422
    errors = [(error["field"], error["code"]) for error in refused.json()["errors"]]
    assert errors == [(field, code)]


async def test_change_of_an_older_version_is_refused(client: httpx.AsyncClient) -> None:
    saved = await save(client, "089 99998341")
    path, tag = f"{RECORDS}/{saved.json()['id']}", saved.headers["etag"]
    first = await client.patch(path, json={"name": "Maier"}, headers={"If-Match": tag})
    assert (first.status_code, first.json()["version"]) == (200, 2)
    for late in (tag, "maier"):
        refused = await client.patch(path, json={"name": "Huber"}, headers={"If-Match": late})
        assert (refused.status_code, refused.json()["code"]) == (412, "record-changed")
    shown = await client.get(path)
    assert (shown.json()["name"], shown.headers["etag"]) == ("Maier", first.headers["etag"])
    assert (await client.patch(path, json={"name": "Huber"})).json()["version"] == 3


async def test_deleted_record_is_restored_from_the_bin(client: httpx.AsyncClient) -> None:
    record = (await save(client, "089 99998351")).json()
    assert (await client.delete(f"{RECORDS}/{record['id']}")).status_code == 204
    assert await found_by(client, "089 99998351") == 0
    binned = (await client.get("/api/directory/recycle-bin")).json()["items"]
    assert [(each["id"], each["deleted_by"]) for each in binned] == [(record["id"], "anna")]
    restore = f"/api/directory/recycle-bin/{record['id']}/restore"
    assert (await client.post(restore)).json()["numbers"] == record["numbers"]
    assert await found_by(client, "089 99998351") == 1
    assert (await client.post(restore)).json()["code"] == "deleted-record-unknown"
