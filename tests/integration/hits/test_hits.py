"""What a phone may send in which form, what it is told, and that its key stays between the two."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from softphone_testing.processes import Process
from softphone_testing.proxy import Proxy
from softphone_testing.real_servers import RealServer
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.installation import SECRET, Company, Installation

NUMBER = "089 99998001"
SAID = {"extension": "21", "number": NUMBER}
E164 = "+498999998001"


def problem_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The answer as the problem it must be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["detail"]
    return told


def wrong_field(answer: httpx.Response) -> str:
    """The one field a 422 names."""
    (error,) = problem_of(answer, 422)["errors"]
    assert error["message"]
    field: str = error["field"]
    return field


FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "query by GET": ("GET", {"params": SAID}),
    "query by POST": ("POST", {"params": SAID}),
    "form": ("POST", {"data": SAID}),
    "multipart": ("POST", {"files": {k: (None, v) for k, v in SAID.items()}}),
    "JSON": ("POST", {"json": SAID}),
    "JSON without a type": ("POST", {"content": json.dumps(SAID)}),
    "query and form": (
        "POST",
        {"params": {**SAID, "number": "1"}, "data": {"number": NUMBER}},
    ),
    "numbers in JSON": ("POST", {"json": {"extension": 21, "number": NUMBER, "name": None}}),
}


@pytest.mark.parametrize("form", FORMS)
async def test_a_hit_in_any_form_is_accepted_and_logged(
    office: Installation, company: Company, form: str
) -> None:
    method, sent = FORMS[form]
    answer = await office.client.request(method, f"/hit/{company.key}/ringing", **sent)
    assert answer.status_code == 202, answer.text
    call = await office.logged(company.admin, answer.json()["call_id"], phase="ringing")
    assert (call["extension"], call["remote"]["e164"]) == ("21", E164)


async def test_all_a_phone_tells_arrives(office: Installation, company: Company) -> None:
    rung = {**SAID, "call_id": "all", "direction": "Inbound", "name": " Erika Huber "}
    call = await office.told(company.key, "ringing", **rung)
    more = {"reason": "486 busy", "duration": "42"}
    assert await office.told(company.key, "ended", **rung, **more) == call
    logged = await office.logged(company.admin, call, phase="ended")
    assert (logged["name"], logged["reason"]) == ("Erika Huber", "486 busy")
    assert (logged["talk_seconds"], logged["outcome"]) == (42, "answered")
    assert (logged["direction"], logged["identity"]) == ("inbound", "phone")
    call = await office.told(company.key, "connected", **SAID, call_id="o", direction="outbound")
    assert (await office.logged(company.admin, call))["direction"] == "outbound"


REFUSED = {
    "event": ("busy", SAID),
    "extension": ("ringing", {"number": NUMBER}),
    "number": ("ringing", {"extension": "21"}),
    "direction": ("ringing", {**SAID, "direction": "sideways"}),
    "duration": ("ended", {**SAID, "duration": "1:02"}),
}


@pytest.mark.parametrize("field", REFUSED)
async def test_what_is_wrong_or_missing_is_named(
    office: Installation, company: Company, field: str
) -> None:
    event, said = REFUSED[field]
    assert wrong_field(await office.hit(company.key, event, **said)) == field


@pytest.mark.parametrize(
    ("word", "phase"),
    [
        ("läutet", "ringing"),
        ("verbunden", "connected"),
        ("beendet", "missed"),  # nobody had answered
        ("nicht angenommen", "missed"),
        ("RINGING", "ringing"),
    ],
)
async def test_events_may_be_named_in_german_and_in_any_case(
    office: Installation, company: Company, word: str, phase: str
) -> None:
    call = await office.told(company.key, word, **SAID, call_id=f"named {word}")
    await office.logged(company.admin, call, phase=phase)


@pytest.mark.parametrize("duration", ["-1", "1.5", "1000000", "²", "4 2"])
async def test_a_duration_is_whole_seconds(
    office: Installation, company: Company, duration: str
) -> None:
    answer = await office.hit(company.key, "ended", **SAID, duration=duration)
    assert wrong_field(answer) == "duration"


@pytest.mark.parametrize("extension", ["", "   ", "2" * 65])
async def test_an_extension_is_there_and_not_too_long(
    office: Installation, company: Company, extension: str
) -> None:
    answer = await office.hit(company.key, "ringing", number=NUMBER, extension=extension)
    assert wrong_field(answer) == "extension"


BODIES: dict[str, tuple[bytes, str, str]] = {
    "malformed JSON": (b'{"number": ', "application/json", "body"),
    "a JSON list": (b"[1, 2]", "application/json", "extension"),
    "a JSON text": (b'"089 99998001"', "application/problem+json", "extension"),
    "deep JSON": (b"[" * 60_000, "application/json", "body"),
    "a digit too many": (b'{"number": ' + b"1" * 5000 + b"}", "application/json", "body"),
    "a nested number": (b'{"extension": "21", "number": {"raw": 1}}', "", "number"),
    "bytes": (b"number=\xff\xfe", "application/x-www-form-urlencoded", "extension"),
    "XML with a type": (b"<!DOCTYPE x [<!ENTITY y 'z'>]><x><number>&y;</number></x>", "", "body"),
    "half an XML": (b"<x><number>1</number>", "application/xml", "body"),
    "deep XML": (b"<x>" * 9000 + b"</x>" * 9000, "text/xml", "body"),
    "no multipart": (b"number=1", "multipart/form-data", "body"),
    "half a multipart": (b"--x\r\nContent-Disp", "multipart/form-data; boundary=x", "extension"),
}


@pytest.mark.parametrize("what", BODIES)
async def test_a_body_that_cant_be_read_is_refused(
    office: Installation, company: Company, what: str
) -> None:
    content, kind, field = BODIES[what]
    url = f"/hit/{company.key}/ringing"
    headers = {"Content-Type": kind} if kind else {}
    answer = await office.client.post(url, content=content, headers=headers)
    assert wrong_field(answer) == field


async def test_half_a_character_costs_no_call(office: Installation, company: Company) -> None:
    cut = b'{"extension": "21", "number": "1\\ud83d", "name": "Huber \\ud83d", "\\udc00": 1}'
    answer = await office.client.post(f"/hit/{company.key}/ringing", content=cut)
    assert answer.status_code == 202, answer.text
    logged = await office.logged(company.admin, answer.json()["call_id"])
    assert logged["name"] == "Huber ?"


async def test_a_body_over_the_limit_is_refused(office: Installation, company: Company) -> None:
    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b"x" * 1024

    url = f"/hit/{company.key}/ringing"
    for content in (b"x" * 65_537, in_pieces()):
        answer = await office.client.post(url, params=SAID, content=content)
        assert "65536" in problem_of(answer, 413)["detail"]
    just = b"extension=21&number=1&name=".ljust(65_536, b"x")
    answer = await office.client.post(url, content=just)
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("number", ["", " ", "anonymous", "Unknown", "sip:anonymous@a.invalid"])
async def test_a_withheld_number_is_nobodys(
    office: Installation, company: Company, number: str
) -> None:
    await office.make_record(company.tenant, "anonymous")
    call = await office.told(company.key, "ringing", "ended", extension="22", number=number)
    logged = await office.logged(company.admin, call, phase="missed")
    assert (logged["remote"]["kind"], logged["remote"]["e164"]) == ("anonymous", None)
    known = await office.told(company.key, "ringing", extension="22", number="089 99998099")
    await office.make_record(company.tenant, "089 99998098")
    matched = await office.told(company.key, "ringing", extension="22", number="089 99998098")
    # matcher takes calls in order, so it has been past the withheld one once the last is matched
    await until(lambda: _matches(office, company, matched), what="the match of the last call")
    assert not await _matches(office, company, call)
    assert not await _matches(office, company, known)


async def _matches(office: Installation, company: Company, call: str) -> list[Any]:
    matches: list[Any] = (await office.logged(company.admin, call))["matches"]
    return matches


async def test_numbers_are_read_as_dialled_where_the_tenant_is(office: Installation) -> None:
    austria = await office.make_company(numbers={"region": "AT"})
    germany = await office.make_company(numbers={"region": "DE"})

    async def read(company: Company, query: str) -> str | None:
        url = f"/hit/{company.key}/ringing?extension=21&number={query}"
        answer = await office.client.get(url)
        assert answer.status_code == 202, answer.text
        logged = await office.logged(company.admin, answer.json()["call_id"])
        e164: str | None = logged["remote"]["e164"]
        return e164

    assert await read(germany, "08999998001") == E164
    assert await read(austria, "08999998001") == "+438999998001"
    for company in (austria, germany):
        for international in ("%2B498999998001", "+498999998001", "00498999998001"):
            assert await read(company, international) == E164
        assert await read(company, "201") is None


async def test_an_unknown_key_is_no_device(office: Installation, company: Company) -> None:
    for key in ("nobody", company.key[:-1], "%00", "ä", "x" * 5000):
        problem_of(await office.hit(key, "ringing", **SAID), 404)


async def test_a_device_with_an_extension_needs_and_takes_no_other(office: Installation) -> None:
    company = await office.make_company()
    phone = await office.make_device(company.tenant, extension="22")
    for said in ({"number": NUMBER}, SAID):
        call = await office.told(phone.key, "ringing", **said)
        assert (await office.logged(company.admin, call))["extension"] == "22"


async def test_a_removed_device_and_a_replaced_key_are_refused_at_once(
    office: Installation,
) -> None:
    company = await office.make_company()
    phone = await office.make_device(company.tenant)
    path = f"/api/devices/{phone.id}"
    fresh = (await office.post(f"{path}/key", company.admin))["key"]
    assert (await office.hit(phone.key, "ringing", **SAID)).status_code == 404
    assert (await office.hit(fresh, "ringing", **SAID)).status_code == 202
    assert (await office.ask("DELETE", path, company.admin)).status_code == 204
    assert (await office.hit(fresh, "ringing", **SAID)).status_code == 404
    assert (await office.hit(company.key, "ringing", **SAID)).status_code == 202


async def test_an_inactive_tenant_is_refused_until_it_is_active_again(
    office: Installation,
) -> None:
    company = await office.make_company()
    path = f"/api/tenants/{company.tenant}"
    for active, status in ((False, 403), (True, 202)):
        answer = await office.ask("PUT", path, office.operator, {"active": active})
        assert answer.status_code == 200, answer.text
        answer = await office.hit(company.key, "ringing", **SAID)
        assert answer.status_code == status, answer.text


async def test_a_key_is_written_nowhere(
    office: Installation,
    company: Company,
    rabbitmq: RealServer,
    redis_server: RealServer,
    tmp_path: Path,
) -> None:
    way = Proxy(rabbitmq.url)
    await way.start()
    env = {
        "SOFTPHONE_AMQP_URL": way.url,
        "SOFTPHONE_MONGO_URL": office.mongo,
        "SOFTPHONE_REDIS_URL": f"redis://{HOST}:{free_port()}/0",
        "SOFTPHONE_AUTH_SECRET": SECRET,
        "SOFTPHONE_LOG_LEVEL": "DEBUG",
        "SOFTPHONE_PUBLISH_SECONDS": "0.5",
    }
    process = Process("ingest", env, tmp_path)
    await process.start()
    try:
        async with httpx.AsyncClient(base_url=process.url, trust_env=False) as client:
            url = f"/hit/{company.key}/ringing"
            assert (await client.get(url, params=SAID)).status_code == 202
            assert (await client.get(url)).status_code == 422
            assert (await client.get(f"{url}/more")).status_code == 422
            assert (await client.put(url)).status_code == 422
            assert (await client.delete(url)).status_code == 405
            assert (await client.post(url, content=b"x" * 70_000)).status_code == 413
            await way.cut()
            assert (await client.get(url, params=SAID)).status_code == 202
    finally:
        await process.stop()
        await way.cut()
    written = process.log_text()
    assert "identity without memory" in written
    spooled = b"".join(file.read_bytes() for file in (tmp_path / "data/spool").iterdir())
    assert b"call.ringing" in spooled
    assert company.key not in written
    assert company.key.encode() not in spooled
    assert company.key not in await _all_stored(office.mongo)


async def _all_stored(mongo: str) -> str:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo)
    async with client:
        database = client.get_default_database()
        found = [
            document
            for name in await database.list_collection_names()
            async for document in database[name].find()
        ]
    assert any("key_hash" in document for document in found)
    return repr(found)
