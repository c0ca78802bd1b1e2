"""Sources over HTTP, without a database; a CRM answers."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.responses import RedirectResponse

from softphone_common.http import app as http_app
from softphone_common.http.auth import caller
from softphone_matcher.fetching.routes import SourceApi
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.sources.card_store import Book
from softphone_matcher.sources.carddav_reader import copy_of
from softphone_matcher.sources.sealing import SourceSecrets
from softphone_testing.installation_keys import checked_tokens
from support import crm
from support.crm import PASSWORD, USER, contacts
from support.slapd import PEOPLE, Slapd, person, settings
from support.stack.source_site import ANSWER_BYTES, SourceSite
from support.write_limits import read_limit, write_limit
from unit.matcher.conftest import caller_of

PATH = "/api/directory/sources"
SECRET = {"credentials": "basic", "credentials_name": USER, "secret": PASSWORD}
WITHOUT_SECRET: dict[str, Any] = {"credentials": "basic", "credentials_name": USER}


@pytest.fixture
async def client(site: SourceSite, slapd: Slapd) -> AsyncIterator[httpx.AsyncClient]:
    """The routes of sources; nobody reads what is begun."""

    async def ready() -> dict[str, Any]:
        return {"ready": True}

    site.permit(site.crm, site.elsewhere, also=slapd.hosts)
    settings_of_matcher = site.settings.model_copy(update={"sources_max": 2})
    api = SourceApi(
        site.sources,
        site.starter(),
        site.reader(),
        site.readers(),
        site.secrets,
        site.tenant,
        site.security,
        site.clock,
        settings_of_matcher,
    )
    app = http_app.build(
        "matcher",
        [api.router],
        checked_tokens(),
        write_limit(),
        read_limit(),
        site.security,
        65_536,
        ready,
    )
    app.dependency_overrides[caller] = lambda: caller_of("admin")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


def order(site: SourceSite, path: str = "/page", **more: Any) -> dict[str, Any]:
    return crm.settings(site.crm, path, **more)


def code(answer: httpx.Response) -> tuple[int, str]:
    """The status, and the code of the problem or of its field."""
    body = answer.json()
    return answer.status_code, (body.get("errors") or [body])[0]["code"]


async def test_source_is_added_shown_changed_and_removed(
    client: httpx.AsyncClient, site: SourceSite
) -> None:
    made = await client.post(PATH, json=order(site, schedule={"at": "02:30"}, **SECRET))
    assert made.status_code == 201, made.text
    source = made.json()
    assert (source["has_secret"], source["next_at"]) == (True, "2026-03-03T01:30:00Z")
    listed = (await client.get(PATH)).json()["items"]
    assert listed == [source]
    changed = order(site, name="other", active=False, schedule={"every_minutes": 15})
    answer = await client.put(f"{PATH}/{source['id']}", json=changed)
    assert (answer.json()["name"], answer.json()["next_at"]) == ("other", None)
    assert not answer.json()["has_secret"]
    assert (await client.delete(f"{PATH}/{source['id']}")).status_code == 204
    assert code(await client.delete(f"{PATH}/{source['id']}")) == (404, "directory-source-unknown")


async def test_secret_is_sealed_and_never_shown(
    client: httpx.AsyncClient, site: SourceSite, capsys: pytest.CaptureFixture[str]
) -> None:
    made = await client.post(PATH, json=order(site, **SECRET))
    path = f"{PATH}/{made.json()['id']}"
    again = await client.put(path, json=order(site, **WITHOUT_SECRET))
    wrong = await client.post(PATH, json=order(site, **{**SECRET, "name": "x" * 51}))
    texts = [made.text, again.text, (await client.get(PATH)).text, wrong.text]
    stored = (await site.sources.list_all("acme"))[0]
    assert wrong.status_code == 422
    assert not [text for text in texts if PASSWORD in text or stored.sealed in text]
    assert PASSWORD not in stored.model_dump_json()
    assert site.secrets.credentials(stored).secret == PASSWORD
    assert PASSWORD not in repr(site.secrets.credentials(stored))
    assert PASSWORD not in capsys.readouterr().out


async def test_secret_does_not_follow_to_another_host(
    client: httpx.AsyncClient, site: SourceSite
) -> None:
    made = await client.post(PATH, json=order(site, **SECRET))
    one = f"{PATH}/{made.json()['id']}"
    kept = order(site, "/offset", **WITHOUT_SECRET)
    moved = {**kept, "address": f"{site.elsewhere.url}/offset"}
    assert (await client.put(one, json=kept)).status_code == 200
    for method, path in (("PUT", one), ("POST", f"{one}/test"), ("POST", PATH)):
        changed = {**moved, "name": "moved"}
        answer = await client.request(method, path, json=changed)
        assert code(answer) == (422, "source-secret-needed")
    assert site.elsewhere.paths == []


async def test_secret_does_not_follow_to_another_kind(
    client: httpx.AsyncClient, site: SourceSite
) -> None:
    key = {"kind": "vtiger", "name": "crm", "address": f"{site.crm.url}/", **SECRET}
    made = await client.post(PATH, json=key)
    one = f"{PATH}/{made.json()['id']}"
    for method, path in (("PUT", one), ("POST", f"{one}/test")):
        answer = await client.request(method, path, json=order(site, **WITHOUT_SECRET))
        assert code(answer) == (422, "source-secret-needed")
    assert site.crm.authorizations == []
    assert (await client.put(one, json=order(site, **SECRET))).status_code == 200


async def test_secret_without_a_key_is_refused(site: SourceSite) -> None:
    source = await site.add_source(**SECRET)
    for keys, expected in ((None, "keys-missing"), (SecretStr("x" * 32), "")):
        secrets = SourceSecrets(keys)
        if expected:
            with pytest.raises(SourceError, match=expected):
                secrets.seal(PASSWORD)
        with pytest.raises(SourceError, match="secret-unreadable"):
            secrets.credentials(source)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"address": "https://evil.example/"}, "source-host-forbidden"),
        ({"address": "http://169.254.169.254/"}, "source-host-forbidden"),
        ({"address": "file:///etc/passwd"}, "source-address-invalid"),
        ({"mapping": {"name": ["a"]}}, "source-id-missing"),
        ({"parameter": ""}, "source-parameter-missing"),
        ({"schedule": {"at": "02:30", "every_minutes": 30}}, "schedule-doubled"),
        ({"schedule": {"every_minutes": 14}}, "greater-than-equal"),
        ({"schedule": {"at": "24:00"}}, "string-pattern-mismatch"),
        ({"credentials": "header", "credentials_name": "Host"}, "source-header-invalid"),
        ({"credentials": "header", "credentials_name": "X-A\r\nB"}, "text-damaged"),
        ({"credentials": "bearer", "secret": "a\r\nX-B: c"}, "text-damaged"),
        ({"kind": "ftp"}, "literal-error"),
        ({"tenant": "other"}, "extra-forbidden"),
    ],
)
async def test_source_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, site: SourceSite, changes: dict[str, Any], expected: str
) -> None:
    assert code(await client.post(PATH, json={**order(site), **changes})) == (422, expected)
    assert await site.sources.list_all("acme") == []


async def test_names_are_unique_and_sources_are_few(
    client: httpx.AsyncClient, site: SourceSite
) -> None:
    for name in ("a", "b"):
        assert (await client.post(PATH, json=order(site, name=name))).status_code == 201
    assert code(await client.post(PATH, json=order(site, name="a"))) == (
        409,
        "directory-source-exists",
    )
    assert code(await client.post(PATH, json=order(site, name="c"))) == (
        409,
        "directory-sources-full",
    )
    listed = (await client.get(PATH)).json()["items"]
    renamed = await client.put(f"{PATH}/{listed[0]['id']}", json=order(site, name="b"))
    assert renamed.status_code == 409


async def test_test_shows_records_and_columns(client: httpx.AsyncClient, site: SourceSite) -> None:
    site.crm.records = [*contacts(120), {"id": 7, "name": {"first": ""}}]
    site.crm.password = PASSWORD
    answer = await client.post(f"{PATH}/test", json=order(site, **SECRET))
    assert answer.status_code == 200, answer.text
    preview = answer.json()
    assert preview["kind"] == "json"
    assert preview["columns"][:4] == ["id", "name.first", "name.last", "phones.0.kind"]
    assert preview["examples"][:3] == ["1", "Huber", "1"]
    assert preview["rows"][0]["numbers"][0]["keys"] == ["+498999990001"]
    assert (preview["rows_read"], len(site.crm.paths)) == (100, 1)
    assert await site.sources.list_all("acme") == []


async def test_address_book_is_tested_kept_and_forgotten(
    client: httpx.AsyncClient, site: SourceSite
) -> None:
    body = {"name": "book", "kind": "carddav", "address": f"{site.crm.url}/book/"}
    refused = await client.post(PATH, json={**body, "items": "a"})
    assert code(refused) == (422, "source-field-unread")
    assert code(await client.post(f"{PATH}/test", json=body)) == (422, "source-not-carddav")
    made = await client.post(PATH, json=body)
    assert made.status_code == 201, made.text
    (stored,) = await site.sources.list_all("acme")
    for change in ({"address": f"{site.crm.url}/other/"}, None):
        await site.cards.note(copy_of(stored), Book(stored.address, "token"))
        if change:
            answer = await client.put(f"{PATH}/{stored.id}", json={**body, **change})
        else:
            answer = await client.delete(f"{PATH}/{stored.id}")
        assert answer.is_success, answer.text
        assert await site.cards.book(copy_of(stored)) is None
        stored = next(iter(await site.sources.list_all("acme")), stored)


async def test_test_of_a_stored_source_uses_its_secret(
    client: httpx.AsyncClient, site: SourceSite
) -> None:
    site.crm.records, site.crm.password = contacts(3), PASSWORD
    made = await client.post(PATH, json=order(site, **SECRET))
    path = f"{PATH}/{made.json()['id']}/test"
    body = order(site, **WITHOUT_SECRET)
    assert (await client.post(path, json=body)).status_code == 200
    answer = await client.post(path, json={**body, "secret": "wrong"})
    assert code(answer) == (422, "source-refused")
    assert answer.json()["errors"][0]["params"] == {"status": 401}


async def test_test_does_not_leave_the_host(client: httpx.AsyncClient, site: SourceSite) -> None:
    site.crm.answer = lambda _: RedirectResponse("http://169.254.169.254/latest/meta-data/")
    answer = await client.post(f"{PATH}/test", json=order(site))
    assert code(answer) == (422, "source-host-forbidden")
    site.crm.answer = lambda _: RedirectResponse(f"{site.elsewhere.url}/whole")
    answer = await client.post(f"{PATH}/test", json=order(site))
    assert code(answer) == (422, "source-leads-elsewhere")
    assert site.elsewhere.paths == []


async def test_source_is_run_once_at_a_time(client: httpx.AsyncClient, site: SourceSite) -> None:
    made = await client.post(PATH, json=order(site))
    path = f"{PATH}/{made.json()['id']}/run"
    begun = await client.post(path)
    assert (begun.status_code, begun.json()["state"]) == (202, "fetching")
    assert begun.json()["requested_by"] == "anna"
    assert code(await client.post(path)) == (409, "directory-source-running")
    shown = (await client.get(PATH)).json()["items"][0]
    assert shown["last_run"] == begun.json()["id"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"partner_module": "Partners"}, "source-field-unread"),
        ({"kind": "vtiger"}, "source-user-missing"),
        ({"kind": "vtiger", **SECRET}, "source-field-unread"),
    ],
)
async def test_fields_that_a_kind_does_not_read_are_refused(
    client: httpx.AsyncClient, site: SourceSite, change: dict[str, Any], expected: str
) -> None:
    answer = await client.post(PATH, json=order(site, **change))
    assert code(answer) == (422, expected)
    assert await site.sources.list_all("acme") == []


async def test_kind_that_is_mapped_needs_a_mapping(
    client: httpx.AsyncClient, site: SourceSite
) -> None:
    body = order(site)
    del body["mapping"]
    assert code(await client.post(PATH, json=body)) == (422, "source-mapping-missing")


async def test_test_of_a_directory_proposes_a_mapping(
    client: httpx.AsyncClient, site: SourceSite, slapd: Slapd
) -> None:
    photo = base64.b64encode(b"\xff\xd8" * ANSWER_BYTES).decode()
    more = {"mobile": ["+49 170 99990001"], "l": ["Bonn"], "postalCode": ["53113"], "o": ["Huber"]}
    await slapd.start([person(1) | more | {"jpegPhoto:": [photo]}, person(2)], anonymous="read")
    answer = await client.post(f"{PATH}/test", json=settings(slapd, mapping={}))
    assert answer.status_code == 200, answer.text
    preview = answer.json()
    assert preview["columns"][0] == "entryUUID"
    assert not {"userPassword", "jpegPhoto"} & {*preview["columns"]}
    mapping = preview["mapping"]
    assert (mapping["host_id"], mapping["name"]) == ("entryUUID", ["givenName", "sn"])
    assert (mapping["organization"], mapping["emails"]) == ("o", ["mail"])
    assert mapping["address"] == [["postalCode", "l"]]
    assert [number["column"] for number in mapping["numbers"]] == ["telephoneNumber", "mobile"]
    row = preview["rows"][0]
    assert (row["name"], row["address"], row["host_id"][-2:]) == ("Huber 1", "53113 Bonn", "01")
    assert row["numbers"][0]["keys"] == ["+498999990001"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"address": "https://127.0.0.1/"}, "source-address-not-ldap"),
        ({"address": "ldap://127.0.0.1:{port}/dc=a"}, "source-address-not-ldap"),
        ({"address": "ldap://127.0.0.1:1/"}, "source-host-forbidden"),
        ({"address": "ldap://a:b@127.0.0.1:{port}/"}, "source-address-invalid"),
        ({"base": ""}, "source-base-invalid"),
        ({"filter": "objectClass=person"}, "source-filter-invalid"),
        ({"items": "data"}, "source-field-unread"),
        ({"paging": "page", "parameter": "page"}, "source-field-unread"),
        ({"credentials": "bearer", "secret": "a"}, "source-credentials-unfit"),
        ({"credentials": "basic", "secret": "a"}, "source-password-missing"),
        (
            {"credentials": "basic", "credentials_name": "a", "secret": ""},
            "source-password-missing",
        ),
        ({"mapping": {}}, "source-id-missing"),
        ({"kind": "json"}, "source-address-invalid"),
        ({"kind": "json", "address": "http://127.0.0.1:{port}/"}, "source-field-unread"),
        ({"partner_module": "Partners"}, "source-field-unread"),
    ],
)
async def test_directory_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient,
    site: SourceSite,
    slapd: Slapd,
    changes: dict[str, Any],
    expected: str,
) -> None:
    address = changes.get("address", slapd.plain).format(port=slapd.port)
    body = settings(slapd, **{**changes, "address": address})
    assert code(await client.post(PATH, json=body)) == (422, expected)
    assert await site.sources.list_all("acme") == []


async def test_directory_is_kept_with_its_search(
    client: httpx.AsyncClient, site: SourceSite, slapd: Slapd
) -> None:
    made = await client.post(PATH, json=settings(slapd, filter="(sn=*)"))
    assert made.status_code == 201, made.text
    stored = (await site.sources.list_all("acme"))[0]
    assert (stored.kind, stored.base, stored.filter) == ("ldap", PEOPLE, "(sn=*)")
