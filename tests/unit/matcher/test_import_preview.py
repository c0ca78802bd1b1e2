"""The preview of a file of contacts over HTTP, without a server."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, get_args

import httpx
import pytest

from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.problem_codes import FIELD_PROBLEMS
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.http import app as http_app
from softphone_common.http.auth import Caller, caller
from softphone_common.process.clock import utc_now
from softphone_matcher.imports.mapping import ColumnMapping, NumberColumn
from softphone_matcher.imports.rows.imported_row import RejectionCode
from softphone_matcher.imports.tables.encodings import ENCODINGS
from softphone_matcher.previews.choices import Encoding
from softphone_matcher.previews.mappings import UsedMapping
from softphone_matcher.previews.routes import PREVIEW, PreviewApi
from softphone_matcher.settings import MatcherSettings
from softphone_testing.installation_keys import checked_tokens
from softphone_testing.memory.imports.mappings import MemoryMappings
from support.bus.buses import bus_settings, memory_bus
from support.import_files import workbook
from support.write_limits import read_limit, write_limit

PATH = PREVIEW.removeprefix("POST ")
TENANT = Tenant(id="acme", name="Acme", numbers=NumberProfile(area_code="89"))


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
def mappings() -> MemoryMappings:
    """The mappings of sources."""
    return MemoryMappings()


@pytest.fixture
async def client(mappings: MemoryMappings) -> AsyncIterator[httpx.AsyncClient]:
    async def ready() -> dict[str, Any]:
        return {"ready": True}

    security = SecurityLog(memory_bus(MemoryBroker()), utc_now, bus_settings("amqp://memory"))
    settings = MatcherSettings.model_construct(upload_max=100_000)
    app = http_app.build(
        "matcher",
        [PreviewApi(lambda _: TENANT, mappings, settings).router],
        checked_tokens(),
        write_limit(),
        read_limit(),
        security,
        65_536,
        ready,
        uploads={PREVIEW: settings.upload_max},
    )
    app.dependency_overrides[caller] = admin
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


async def preview(client: httpx.AsyncClient, data: bytes | str, **query: str) -> Any:
    content = data.encode() if isinstance(data, str) else data
    response = await client.post(PATH, content=content, params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def test_preview_shows_columns_mapping_and_rows(client: httpx.AsyncClient) -> None:
    rows = "Huber;08999998001;x\nMaier;4,98E+11;\nKurz;99998002 oder 03;\n"
    shown = await preview(client, f"Stand heute\nName;Telefon;Geburtstag\n{rows}")
    assert (shown["kind"], shown["separator"], shown["header_row"]) == ("csv", ";", 2)
    assert shown["preamble"] == ["Stand heute"]
    assert shown["unread_columns"] == ["Geburtstag"]
    assert shown["examples"] == ["Huber", "08999998001", "x"]
    assert shown["mapping"]["name"] == ["Name"]
    assert [(row["row"], row["name"]) for row in shown["rows"]] == [(3, "Huber"), (5, "Kurz")]
    [number] = shown["rows"][0]["numbers"]
    assert (number["number"], number["keys"]) == ("08999998001", ["+498999998001"])
    assert shown["rejections"] == [
        {
            "row": 4,
            "code": "number-rounded",
            "field": "numbers",
            "column": "Telefon",
            "text": "4,98E+11",
            "limit": 0,
            "host_id": "",
        }
    ]
    assert shown["rows_read"] == 3


async def test_preview_uses_the_choices_of_the_request(client: httpx.AsyncClient) -> None:
    data = workbook({"a": [["Name", "Telefon"]], "b": [["Wer", "Nr"], ["Huber", "089 99998001"]]})
    mapping = {"name": ["Wer"], "numbers": [{"column": "Nr", "label": "work"}]}
    shown = await preview(client, data, sheet="b", mapping=json.dumps(mapping))
    assert (shown["sheet"], shown["sheets"]) == ("b", ["a", "b"])
    assert shown["rows"][0]["numbers"][0]["label"] == "work"
    assert shown["unread_columns"] == []
    again = await preview(client, data, sheet="b", mapping=json.dumps(shown["mapping"]))
    assert again == shown
    text = await preview(client, "Name|A;B\nx|y\n".encode("cp850"), encoding="cp850", separator="|")
    assert text["columns"] == ["Name", "A;B"]


async def test_mapping_of_the_source_is_proposed(
    client: httpx.AsyncClient, mappings: MemoryMappings
) -> None:
    data = "Wer;Nr;Telefon\nHuber;089 99998001;17\n"
    headings = await preview(client, data, source="crm")
    assert headings["mapping_from"] == "headings"
    mapping = ColumnMapping(name=("Wer",), numbers=(NumberColumn("Nr"),))
    used = UsedMapping(mapping, ("Wer", "Nr", "Telefon"))
    await mappings.save("acme", "crm", used, utc_now())
    shown = await preview(client, data, source="crm")
    assert (shown["mapping_from"], shown["mapping"]["name"]) == ("source", ["Wer"])
    assert shown["rows"][0]["numbers"][0]["number"] == "089 99998001"
    for other in ({"source": "outlook"}, {"mapping": json.dumps(headings["mapping"])}):
        assert (await preview(client, data, **other))["mapping_from"] != "source"
    more = "Wer;Nr;Telefon;E-Mail;Firma\nHuber;089 99998001;17;h@huber.example;Huber GmbH\n"
    extended = (await preview(client, more, source="crm"))["mapping"]
    assert (extended["name"], extended["emails"], extended["organization"]) == (
        ["Wer"],
        ["E-Mail"],
        "Firma",
    )
    assert [each["column"] for each in extended["numbers"]] == ["Nr"]
    without = await preview(client, "Name;Telefon\nHuber;089 99998001\n", source="crm")
    assert (without["mapping_from"], without["mapping"]["name"]) == ("headings", ["Name"])


async def test_preview_reads_the_beginning_only(client: httpx.AsyncClient) -> None:
    shown = await preview(client, "Name;Mail\n" + "Huber;x\nMaier;\n" * 1000)
    counts = len(shown["rows"]), len(shown["rejections"]), shown["rows_read"]
    assert counts == (20, 20, 500)


@pytest.mark.parametrize(
    ("data", "query", "status", "code"),
    [
        (b"", {}, 422, "file-empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\0", {}, 422, "file-kind-unknown"),
        (b"PK\x03\x04", {}, 422, "file-damaged"),
        (b"Name\nx\n", {"mapping": "{"}, 422, "json-invalid"),
        (b"Name\nx\n", {"mapping": '{"names": []}'}, 422, "json-invalid"),
        (b"Name\nx\n", {"mapping": '{"name": ["Firma"]}'}, 422, "column-unknown"),
        (b"Name\nx\n" * 20_000, {}, 413, "body-too-large"),
    ],
)
async def test_file_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, data: bytes, query: dict[str, str], status: int, code: str
) -> None:
    response = await client.post(PATH, content=data, params=query)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code)


def test_every_reason_of_a_rejection_is_a_known_problem() -> None:
    assert set(get_args(RejectionCode)) - FIELD_PROBLEMS.keys() == set()


def test_encodings_of_the_route_are_those_of_the_readers() -> None:
    assert set(get_args(Encoding)) == set(ENCODINGS)
