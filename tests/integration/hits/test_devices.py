"""Devices: made from presets, changed by fields, with the exact URLs to paste into the phone."""

import gzip
import hmac
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import AsyncMongoClient

from softphone_common.contracts.problem_codes import SCHEMA_PROBLEMS
from softphone_ingest.mapping.presets.preset import load_all
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation, ready, running
from support.tenant.company import Company
from support.waiting import until_passes

PUBLIC = "https://connector.example.de"


SETTINGS = {"public_url": PUBLIC}


async def make(installation: Installation, company: Company, **fields: object) -> Json:
    return await installation.post("/api/devices", company.admin.token, {"name": "Desk", **fields})


async def test_presets_are_listed_in_two_languages(
    installation: Installation, company: Company
) -> None:
    listed = (await installation.get("/api/presets", company.admin.token))["items"]
    assert [preset["id"] for preset in listed] == sorted(load_all())
    for preset in listed:
        assert preset["about"]["de"]
        assert preset["about"]["en"]
        assert preset["about"]["de"] != preset["about"]["en"]


@pytest.mark.parametrize("preset", sorted(load_all()))
async def test_urls_of_a_device_contain_its_key_and_fit(
    installation: Installation, company: Company, preset: str
) -> None:
    device = await make(installation, company, preset=preset)
    assert len(device["key"]) <= 22
    urls = await installation.get(f"/api/devices/{device['id']}/urls", company.admin.token)
    assert urls["preset"] == preset
    for item in urls["items"]:
        assert item["url"].startswith(f"{PUBLIC}/hit/{device['key']}")
        assert item["url"] in item["text"]
        assert item["length"] == len(item["text"])
        assert item["fits"], f"{item['text']} is over {item['limit']}"


async def test_url_too_long_for_its_phone_is_marked(
    installation: Installation, company: Company, rabbitmq: RealServer, redis_server: RealServer
) -> None:
    servers = rabbitmq.url, installation.mongo, redis_server.url
    long = f"https://{'x' * 120}.example.de"
    async with running(*servers, only={"ingest"}, public_url=long) as ingest:
        await ready(ingest)
        device = await make(ingest, company, preset="mitel")
        urls = await ingest.get(f"/api/devices/{device['id']}/urls", company.admin.token)
        assert urls["items"]
        assert {item["limit"] for item in urls["items"]} == {128}
        assert not any(item["fits"] for item in urls["items"])


async def test_new_key_gives_new_urls_and_ends_the_old(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company)
    renewed = await installation.post(f"/api/devices/{device['id']}/key", company.admin.token)
    urls = await installation.get(f"/api/devices/{device['id']}/urls", company.admin.token)
    assert all(renewed["key"] in item["url"] for item in urls["items"])
    fields = {"extension": "21", "number": "1"}
    assert (await installation.phone(device["key"]).hit("ringing", **fields)).status_code == 404
    assert (await installation.phone(renewed["key"]).hit("ringing", **fields)).status_code == 202


async def test_stored_device_contains_neither_key_nor_secret(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company, preset="placetel", secret="a secret of the sender")
    shown = await installation.get(f"/api/devices/{device['id']}", company.admin.token)
    assert (shown["has_secret"], shown["key"]) == (True, None)
    assert "secret of the sender" not in str(shown)
    client: AsyncMongoClient[Json] = AsyncMongoClient(installation.mongo)
    async with client:
        stored = await client.get_default_database()["devices"].find_one({"_id": device["id"]})
    assert stored is not None
    assert device["key"] not in str(stored)
    assert "secret of the sender" not in str(stored)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "preset": ({"preset": "nokia"}, "preset"),
    "field of mapping": ({"mapping": {"feilds": {}}}, "mapping.feilds"),
    "source": (
        {"mapping": {"fields": {"number": "qurey.n"}}},
        "mapping.fields.number.0.from",
    ),
    "pattern": (
        {"mapping": {"fields": {"number": [{"from": "query.n", "pick": "(?=x)"}]}}},
        "mapping.fields.number.0.pick",
    ),
    "step": (
        {"mapping": {"fields": {"number": [{"from": "query.n", "decode": ["rot13"]}]}}},
        "mapping.fields.number.0.decode.0",
    ),
    "source without a name": (
        {"mapping": {"fields": {"number": ["query.n", "query."]}}},
        "mapping.fields.number.1.from",
    ),
    "event": (
        {"mapping": {"fields": {"event": {"from": "query.e", "table": {"R": "rings"}}}}},
        "mapping.fields.event.0.table.R",
    ),
    "unreachable rule": (
        {"mapping": {"fields": {"number": ["query.n", "query.n"]}}},
        "mapping.fields.number.1",
    ),
    "region": ({"numbers": {"region": "XX"}}, "numbers.region"),
    "no prefix": (
        {"numbers": {"outside_prefix_mode": "always"}},
        "numbers.outside_prefix",
    ),
    "number word": ({"numbers": {"colour": "red"}}, "numbers.colour"),
    "size": ({"mapping": {"fields": {"name": [{"value": "x" * 20_000}]}}}, "mapping"),
    "link": ({"dial": {"link": "javascript:alert({number})"}}, "dial.link"),
    "link with two numbers": ({"dial": {"link": "tel:{number}{number}"}}, "dial.link"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_invalid_device_is_refused_at_its_field(
    installation: Installation, company: Company, what: str
) -> None:
    changes, field = WRONG[what]
    device = await make(installation, company)
    for method, path in (("POST", "/api/devices"), ("PATCH", f"/api/devices/{device['id']}")):
        body = {"name": "Desk", **changes}
        answer = await installation.ask(method, path, company.admin.token, body)
        assert answer.status_code == 422, answer.text
        named = [error["field"] for error in answer.json()["errors"]]
        assert named == [field], answer.text
        assert answer.json()["code"] not in SCHEMA_PROBLEMS


async def test_line_names_of_a_device_become_extensions(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company, extensions={"7777abcdefg@fpbx.example": "31"})
    fields = {"extension": "7777abcdefg@fpbx.example", "number": "089 99998061", "call_id": "l"}
    call = await installation.phone(device["key"]).post_hits("ringing", **fields)
    assert (await installation.logged(company.admin.token, call))["extension"] == "31"


@pytest.mark.parametrize("line", ["08999998000", "+498999998000"])
async def test_called_number_rings_at_its_extensions(
    installation: Installation, company: Company, line: str
) -> None:
    device = await make(installation, company, preset="placetel", extensions={line: "31, 32"})
    caller = f"0899999806{2 if line.startswith('0') else 3}"  # one caller would be one ring group
    fields = {
        "event": "IncomingCall",
        "direction": "in",
        "from": caller,
        "to": "08999998000",
        "call_id": f"called-{line}",
    }
    url = f"/hit/{device['key']}"
    assert (await installation.client.post(url, data=fields)).status_code == 200
    hits = await installation.get(f"/api/devices/{device['id']}/hits", company.admin.token)
    events = hits["items"][0]["events"]
    assert [event["extension"] for event in events] == ["31", "32"]
    (call,) = {event["call"] for event in events}

    async def both_ring() -> None:  # each extension rings by a message of its own
        logged = await installation.logged(company.admin.token, call, phase="ringing")
        assert [leg["extension"] for leg in logged["legs"]] == ["31", "32"]

    await until_passes(both_ring, "a leg of each extension")
    end = {**fields, "event": "HungUp", "type": "missed", "duration": "0"}
    assert (await installation.client.post(url, data=end)).status_code == 200
    assert (await installation.logged(company.admin.token, call, phase="missed"))[
        "outcome"
    ] == "missed"


async def test_device_with_a_number_profile_reads_numbers_by_it(
    installation: Installation, company: Company
) -> None:
    plain = await make(installation, company)
    behind = {"outside_prefix": "0", "outside_prefix_mode": "always"}
    outside = await make(installation, company, numbers=behind)
    fields = {"extension": "21", "number": "0017604069001"}
    for device, e164 in ((plain, "+17604069001"), (outside, "+4917604069001")):
        call = await installation.phone(device["key"]).post_hits(
            "ringing", call_id=device["id"], **fields
        )
        assert (await installation.logged(company.admin.token, call))["remote"]["e164"] == e164


async def test_call_between_extensions_is_internal_and_unmatched(
    installation: Installation, company: Company
) -> None:
    await installation.make_record(company.tenant, "22")
    call = await company.phone.post_hits("ringing", extension="21", number="22", call_id="in")
    after = await company.phone.post_hits(
        "ringing", extension="21", number="089 99998071", call_id="out"
    )
    await installation.logged(company.admin.token, after)
    logged = await installation.logged(company.admin.token, call)
    assert (logged["remote"]["kind"], logged["remote"]["display"]) == ("internal", "22")
    assert logged["matches"] == []


REPLIES = {
    "sipgate": (
        "event=newCall&from=498999998001&to=4989999980&direction=in&callId=A&userId[]=w0",
        "application/xml",
        "onHangup=",
    ),
    "generic": ("event=ringing&extension=21&number=089 99998001", "application/json", "call_id"),
}


@pytest.mark.parametrize("preset", REPLIES)
async def test_sender_is_answered_in_its_own_format(
    installation: Installation, company: Company, preset: str
) -> None:
    body, kind, has = REPLIES[preset]
    device = await make(installation, company, preset=preset)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"/hit/{device['key']}"
    answer = await installation.client.post(url, content=body, headers=headers)
    assert answer.status_code in {200, 202}, answer.text
    assert answer.headers["content-type"].startswith(kind)
    assert has in answer.text
    if preset == "sipgate":
        assert f"{PUBLIC}/hit/{device['key']}" in answer.text


async def test_signed_sender_without_its_signature_is_refused(
    installation: Installation, company: Company
) -> None:
    body = (
        "call_id=f4591ba315d81671d7a06c2a3b4f963dafd119de39cb26edd8a6476676b2f447&direction=in"
        "&event=IncomingCall&from=08999998001&to=08999998000"
    )
    good = "6de0f512a8ad7c7497f50743295eeddaa6bec6949c6000d5277d7f0563fc4813"
    device = await make(installation, company, preset="placetel", secret="12345")

    async def sent(signature: str | None) -> int:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if signature is not None:
            headers["X-PLACETEL-SIGNATURE"] = signature
        url = f"/hit/{device['key']}"
        return (await installation.client.post(url, content=body, headers=headers)).status_code

    assert 200 <= await sent(good) < 300
    assert await sent(good.replace("6", "7", 1)) == 403
    assert await sent(None) == 403
    await installation.ask(
        "PATCH", f"/api/devices/{device['id']}", company.admin.token, {"secret": None}
    )
    assert 200 <= await sent(None) < 300


async def test_secret_that_verifies_nothing_is_refused(
    installation: Installation, company: Company
) -> None:
    """Neither set, nor left behind by another preset or mapping; a name can be changed."""
    token = company.admin.token
    fields = {"name": "Desk", "preset": "generic", "secret": "12345"}
    answer = await installation.ask("POST", "/api/devices", token, fields)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "secret")
    device = await make(installation, company, preset="placetel", secret="12345")

    async def edit(**changes: object) -> tuple[int, object]:
        path = f"/api/devices/{device['id']}"
        answer = await installation.ask("PATCH", path, token, changes)
        return answer.status_code, answer.json().get("code")

    refused = (422, "device-secret-unused")
    assert await edit(preset="generic") == refused
    assert await edit(preset="generic", name="Other") == refused
    assert await edit(preset="generic", secret=None) == (200, None)
    assert await edit(secret="12345") == refused
    assert await edit(secret="12345", preset="placetel") == (200, None)
    assert await edit(name="Hall") == (200, None)


@pytest.mark.parametrize("over_packed", [False, True])
async def test_signed_body_in_gzip_is_accepted(
    installation: Installation, company: Company, over_packed: bool
) -> None:
    device = await make(installation, company, preset="placetel", secret="12345")
    body = b"event=IncomingCall&direction=in&from=08999998062&to=08999998000&call_id=c"
    packed = gzip.compress(body)
    signature = hmac.new(b"12345", packed if over_packed else body, "sha256").hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Encoding": "gzip",
        "X-Placetel-Signature": signature,
    }

    async def sent(content: bytes) -> int:
        url = f"/hit/{device['key']}"
        return (await installation.client.post(url, content=content, headers=headers)).status_code

    assert await sent(packed) < 300
    assert await sent(gzip.compress(body + b"1")) == 403


async def test_device_whose_secret_is_unreadable_refuses_hits(
    installation: Installation, company: Company, rabbitmq: RealServer, redis_server: RealServer
) -> None:
    device = await make(installation, company, preset="vtiger", secret="a secret of the sender")
    url = f"/hit/{device['key']}?vtigersignature=a+secret+of+the+sender&callstatus=Record"
    assert (await installation.client.get(url)).status_code == 204
    other = SecretStr("another secret that is long enough to be one")
    async with running(
        rabbitmq.url, installation.mongo, redis_server.url, only={"ingest"}, sealing_keys=other
    ) as elsewhere:
        await until(elsewhere.is_listening, what="the other ingest")

        async def refused() -> str:
            answer = await elsewhere.client.get(url)
            assert answer.status_code == 403, answer.text
            detail: str = answer.json()["detail"]
            return detail

        assert "enter it again" in await until(refused, what="a refusal")
