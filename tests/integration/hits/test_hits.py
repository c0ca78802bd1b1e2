"""Hits: accepted forms and fields, problems in the answer, and where the key may appear."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from pymongo import AsyncMongoClient

from softphone_testing.installation_keys import key_variables
from softphone_testing.processes import ServiceProcess
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.stack.installation import Installation
from support.tenant.company import Company
from support.web_client import web_client

NUMBER = "089 99998001"
FIELDS = {"extension": "21", "number": NUMBER}
E164 = "+498999998001"


def problem_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The body of an answer that must be a problem with this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    return problem


def wrong_field(answer: httpx.Response) -> str:
    """The field of the only error in an answer that must be 422."""
    (error,) = problem_of(answer, 422)["errors"]
    assert error["message"]
    field: str = error["field"]
    return field


FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "query by GET": ("GET", {"params": FIELDS}),
    "query by POST": ("POST", {"params": FIELDS}),
    "form": ("POST", {"data": FIELDS}),
    "multipart": ("POST", {"files": {k: (None, v) for k, v in FIELDS.items()}}),
    "JSON": ("POST", {"json": FIELDS}),
    "JSON without a type": ("POST", {"content": json.dumps(FIELDS)}),
    "query and form": (
        "POST",
        {"params": {**FIELDS, "number": "1"}, "data": {"number": NUMBER}},
    ),
    "form in gzip": ("POST", {"content": gzip.compress(urlencode(FIELDS).encode())}),
    "numbers in JSON": ("POST", {"json": {"extension": 21, "number": NUMBER, "name": None}}),
}


@pytest.mark.parametrize("form", FORMS)
async def test_hit_in_any_form_is_accepted_and_logged(
    installation: Installation, company: Company, form: str
) -> None:
    method, sent = FORMS[form]
    answer = await installation.client.request(method, f"/hit/{company.phone.key}/ringing", **sent)
    assert answer.status_code == 202, answer.text
    call = await installation.logged(company.admin.token, answer.json()["call_id"], phase="ringing")
    assert (call["extension"], call["remote"]["e164"]) == ("21", E164)


async def test_hit_with_all_fields_is_logged_with_them(
    installation: Installation, company: Company
) -> None:
    # at a desk where no other test has a call without an id
    rung = {
        **FIELDS,
        "extension": "29",
        "call_id": "all",
        "direction": "Inbound",
        "name": " Erika Huber ",
    }
    call = await company.phone.post_hits("ringing", **rung)
    more = {"reason": "486 busy", "duration": "42"}
    assert await company.phone.post_hits("ended", **rung, **more) == call
    logged = await installation.logged(company.admin.token, call, phase="ended")
    assert (logged["name"], logged["reason"]) == ("Erika Huber", "486 busy")
    assert (logged["talk_seconds"], logged["outcome"]) == (42, "answered")
    assert (logged["direction"], logged["identity"]) == ("inbound", "phone")
    call = await company.phone.post_hits("connected", **FIELDS, call_id="o", direction="outbound")
    assert (await installation.logged(company.admin.token, call))["direction"] == "outbound"


REFUSED = {
    "event": ("busy", FIELDS),
    "extension": ("ringing", {"number": NUMBER}),
    "number": ("ringing", {"extension": "21"}),
}


@pytest.mark.parametrize("field", REFUSED)
async def test_hit_with_a_wrong_field_names_the_field(
    installation: Installation, company: Company, field: str
) -> None:
    event, fields = REFUSED[field]
    assert wrong_field(await company.phone.hit(event, **fields)) == field


@pytest.mark.parametrize(
    ("word", "phase"),
    [
        ("läutet", "ringing"),
        ("verbunden", "connected"),
        ("beendet", "missed"),  # no `connected` before it
        ("nicht angenommen", "missed"),
        ("RINGING", "ringing"),
    ],
)
async def test_event_in_german_or_any_case_is_understood(
    installation: Installation, company: Company, word: str, phase: str
) -> None:
    call = await company.phone.post_hits(word, **FIELDS, call_id=f"named {word}")
    await installation.logged(company.admin.token, call, phase=phase)


@pytest.mark.parametrize("duration", ["-1", "1.5", "1000000", "²", "4 2"])
async def test_call_whose_end_has_a_strange_duration_is_over(
    installation: Installation, company: Company, duration: str
) -> None:
    fields = {**FIELDS, "call_id": f"strange {duration}"}
    call = await company.phone.post_hits("connected", **fields)
    assert await company.phone.post_hits("ended", **fields, duration=duration) == call
    assert (await installation.logged(company.admin.token, call, phase="ended"))["connected_at"]


@pytest.mark.parametrize("extension", ["", "   ", "2" * 65])
async def test_extension_missing_or_too_long_is_refused(
    installation: Installation, company: Company, extension: str
) -> None:
    answer = await company.phone.hit("ringing", number=NUMBER, extension=extension)
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
    "no multipart": (b"--b\r\n\r\n1", "multipart/form-data", "body"),
    "half a multipart": (b"--x\r\nContent-Disp", "multipart/form-data; boundary=x", "extension"),
}


@pytest.mark.parametrize("what", BODIES)
async def test_body_that_cannot_be_parsed_is_refused(
    installation: Installation, company: Company, what: str
) -> None:
    content, kind, field = BODIES[what]
    url = f"/hit/{company.phone.key}/ringing"
    headers = {"Content-Type": kind} if kind else {}
    answer = await installation.client.post(url, content=content, headers=headers)
    assert wrong_field(answer) == field


async def test_hit_with_a_lone_surrogate_is_accepted(
    installation: Installation, company: Company
) -> None:
    cut = b'{"extension": "21", "number": "1\\ud83d", "name": "Huber \\ud83d", "\\udc00": 1}'
    answer = await installation.client.post(f"/hit/{company.phone.key}/ringing", content=cut)
    assert answer.status_code == 202, answer.text
    logged = await installation.logged(company.admin.token, answer.json()["call_id"])
    assert logged["name"] == "Huber ?"


async def test_body_over_the_limit_is_refused(installation: Installation, company: Company) -> None:
    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b"x" * 1024

    url = f"/hit/{company.phone.key}/ringing"
    for content in (b"x" * 65_537, in_pieces()):
        answer = await installation.client.post(url, params=FIELDS, content=content)
        assert "65536" in problem_of(answer, 413)["detail"]
    just = b"extension=21&number=1&name=".ljust(65_536, b"x")
    answer = await installation.client.post(url, content=just)
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("number", ["", " ", "anonymous", "Unknown", "sip:anonymous@a.invalid"])
async def test_withheld_number_matches_no_record(
    installation: Installation, company: Company, number: str
) -> None:
    await installation.make_record(company.tenant, "anonymous")
    call = await company.phone.post_hits("ringing", "ended", extension="22", number=number)
    logged = await installation.logged(company.admin.token, call, phase="missed")
    assert (logged["remote"]["kind"], logged["remote"]["e164"]) == ("anonymous", None)
    unlisted = await company.phone.post_hits("ringing", extension="22", number="089 99998099")
    await installation.make_record(company.tenant, "089 99998098")
    matched = await company.phone.post_hits("ringing", extension="22", number="089 99998098")
    # matcher handles calls in order: the match of the last one proves that it is past the others
    await until(lambda: _matches(installation, company, matched), what="the match of the last call")
    assert not await _matches(installation, company, call)
    assert not await _matches(installation, company, unlisted)


async def _matches(installation: Installation, company: Company, call: str) -> list[Any]:
    matches: list[Any] = (await installation.logged(company.admin.token, call))["matches"]
    return matches


async def test_number_is_read_in_the_tenants_region(installation: Installation) -> None:
    austria = await installation.make_company(numbers={"region": "AT"})
    germany = await installation.make_company(numbers={"region": "DE"})

    async def read(company: Company, query: str) -> str | None:
        url = f"/hit/{company.phone.key}/ringing?extension=21&number={query}"
        answer = await installation.client.get(url)
        assert answer.status_code == 202, answer.text
        logged = await installation.logged(company.admin.token, answer.json()["call_id"])
        e164: str | None = logged["remote"]["e164"]
        return e164

    assert await read(germany, "08999998001") == E164
    assert await read(austria, "08999998001") == "+438999998001"
    for company in (austria, germany):
        for international in ("%2B498999998001", "+498999998001", "00498999998001"):
            assert await read(company, international) == E164
        assert await read(company, "201") is None


async def test_unknown_key_gets_404(installation: Installation, company: Company) -> None:
    for key in ("nobody", company.phone.key[:-1], "%00", "ä", "x" * 5000):
        problem_of(await installation.phone(key).hit("ringing", **FIELDS), 404)


async def test_device_with_an_extension_ignores_any_other(
    installation: Installation,
) -> None:
    company = await installation.make_company()
    phone = await installation.make_phone(company.tenant, extension="22")
    for fields in ({"number": NUMBER}, FIELDS):
        call = await phone.post_hits("ringing", **fields)
        assert (await installation.logged(company.admin.token, call))["extension"] == "22"


async def test_removed_device_or_replaced_key_is_refused_at_once(
    installation: Installation,
) -> None:
    company = await installation.make_company()
    phone = await installation.make_phone(company.tenant)
    path = f"/api/devices/{phone.id}"
    fresh = (await installation.post(f"{path}/key", company.admin.token))["key"]
    assert (await phone.hit("ringing", **FIELDS)).status_code == 404
    assert (await installation.phone(fresh).hit("ringing", **FIELDS)).status_code == 202
    assert (await installation.ask("DELETE", path, company.admin.token)).status_code == 204
    assert (await installation.phone(fresh).hit("ringing", **FIELDS)).status_code == 404
    assert (await company.phone.hit("ringing", **FIELDS)).status_code == 202


async def test_inactive_tenant_is_refused_until_active_again(
    installation: Installation,
) -> None:
    company = await installation.make_company()
    path = f"/api/tenants/{company.tenant}"
    for active, status in ((False, 403), (True, 202)):
        answer = await installation.ask("PUT", path, installation.operator, {"active": active})
        assert answer.status_code == 200, answer.text
        answer = await company.phone.hit("ringing", **FIELDS)
        assert answer.status_code == status, answer.text


async def test_key_appears_in_no_log_spool_or_database(
    installation: Installation,
    company: Company,
    rabbitmq: RealServer,
    redis_server: RealServer,
    tmp_path: Path,
) -> None:
    way = FaultProxy(rabbitmq.url)
    await way.start()
    env = {
        "SOFTPHONE_AMQP_URL": way.url,
        "SOFTPHONE_MONGO_URL": installation.mongo,
        "SOFTPHONE_REDIS_URL": f"redis://{HOST}:{free_port()}/0",
        **key_variables("ingest"),
        "SOFTPHONE_LOG_LEVEL": "DEBUG",
        "SOFTPHONE_PUBLISH_SECONDS": "0.5",
    }
    process = ServiceProcess("ingest", env, tmp_path)
    await process.start()
    try:
        async with web_client(process.url) as client:
            url = f"/hit/{company.phone.key}/ringing"
            assert (await client.get(url, params=FIELDS)).status_code == 202
            assert (await client.get(url)).status_code == 422
            assert (await client.get(f"{url}/more")).status_code == 422
            assert (await client.put(url)).status_code == 422
            assert (await client.delete(url)).status_code == 405
            assert (await client.post(url, content=b"x" * 70_000)).status_code == 413
            await way.cut()
            assert (await client.get(url, params=FIELDS)).status_code == 202
    finally:
        await process.stop()
        await way.cut()
    written = process.log_text()
    assert "calls identified without Redis" in written
    spooled = b"".join(file.read_bytes() for file in (tmp_path / "data/spool").iterdir())
    assert b"call.ringing" in spooled
    assert company.phone.key not in written
    assert company.phone.key.encode() not in spooled
    assert company.phone.key not in await _all_stored(installation.mongo)


async def _all_stored(mongo: str) -> str:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo)
    async with client:
        database = client.get_default_database()
        documents = [
            document
            for name in await database.list_collection_names()
            async for document in database[name].find()
        ]
    assert any("key_hash" in document for document in documents)
    return repr(documents)
