"""Names of callers for PBXs and desk phones, over HTTP without a server."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from softphone_common.access.api_keys import ApiKeyCache
from softphone_common.access.scopes import LOOKUP
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import ApiKey, KeyScope, OwnNumber, Tenant, User
from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.http import app as http_app
from softphone_common.http.auth import Caller, Tokens
from softphone_common.process.ed25519 import decode_public_keys
from softphone_common.process.errors import UnavailableError
from softphone_common.process.secret_hash import hash_secret
from softphone_common.stores.rate_limit import KeyRateLimit, Rate
from softphone_matcher.directory.record import RecordNumber
from softphone_matcher.lookup.routes import LookupApi
from softphone_matcher.matching.finder import MatchFinder
from softphone_testing.installation_keys import PUBLIC_KEYS, token_issuer
from softphone_testing.memory.accounts import MemoryApiKeyStore
from softphone_testing.memory.directory import MemoryDirectory
from softphone_testing.until import until
from support.bus.buses import memory_bus
from support.observations import at
from support.security_log import RecordedSecurityLog
from support.store_contracts.api_keys import api_key
from support.write_limits import rate_limiter, read_limit, write_limit

NUMBER, E164 = "030 23125001", "+493023125001"
PROFILE = NumberProfile(area_code="89", trunk="+498999998")
TENANTS = {
    id_: Tenant(
        id=id_,
        name=id_,
        numbers=PROFILE,
        own_numbers=(OwnNumber(number="030 23125500", name="Zentrale"),),
        ignored_numbers=(OwnNumber(number="030 23125600", name="Tür"),),
    )
    for id_ in ("acme", "other")
}
ANNA = User(id="u1", tenant="acme", login="anna", role="admin")
LOOKUPS_MAX, WRONG_KEYS_MAX = 20, 5


class Directory(MemoryDirectory):
    """A directory that counts its queries, and may be away."""

    queries = 0
    is_away = False

    async def find(self, tenant: str, keys: Any) -> dict[str, tuple[Match, ...]]:
        if self.is_away:
            raise UnavailableError("MongoDB", "no primary")
        self.queries += 1
        return await super().find(tenant, keys)


class Site:
    """Matcher's route of lookups, its directory, and the keys that it accepts."""

    def __init__(self) -> None:
        self.store, self.directory = MemoryApiKeyStore(), Directory(50)
        self.security = RecordedSecurityLog()
        self.bus = memory_bus(MemoryBroker(), "matcher")
        self.keys = ApiKeyCache(self.store, self.bus, lambda: at(0), 60)
        self.off: set[str] = set()
        limits = Rate("lookups", LOOKUPS_MAX, 60), Rate("wrong-keys", WRONG_KEYS_MAX, 60)
        rate_limit = KeyRateLimit(rate_limiter(), *limits)
        finder = MatchFinder(self.directory, TENANTS.get)
        api = LookupApi(finder, TENANTS.__getitem__, rate_limit)
        public = decode_public_keys(PUBLIC_KEYS)
        tokens = Tokens(public, lambda: at(0), [self._refusal], self.keys)
        counted = write_limit(), read_limit()
        app = http_app.build("matcher", [api.router], tokens, *counted, self.security, 9999, ready)
        transport = httpx.ASGITransport(app, client=("192.0.2.17", 1))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test/api/lookup/")

    def _refusal(self, caller: Caller) -> str | None:
        return "tenant-switched-off" if caller.tenant in self.off else None

    async def make_key(self, id_: str, *scopes: KeyScope, **fields: Any) -> str:
        """The text of a new key, which every service knows already."""
        text = f"spk_{id_}"
        made = {"scopes": scopes or LOOKUP, "key_hash": hash_secret(text), **fields}
        key: ApiKey = api_key(id_).model_copy(update=made)
        self.keys.apply(key)
        return text

    async def add(
        self, tenant: str, name: str, *numbers: str, type_: str = "contact", **more: str
    ) -> None:
        read = [RecordNumber.read(number, "", PROFILE).model_dump() for number in numbers]
        await self.directory.add(tenant, {"type": type_, "name": name, "numbers": read, **more})

    async def get(self, key: str, number: str | None = NUMBER, **query: str) -> httpx.Response:
        params = query if number is None else {"number": number, **query}
        return await self.client.get(key, params=params)

    async def code(self, key: str, number: str | None = NUMBER, **query: str) -> tuple[int, str]:
        answer = await self.get(key, number, **query)
        return answer.status_code, answer.json()["code"]


async def ready() -> dict[str, Any]:
    return {"ready": True}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    await made.bus.start()
    await made.keys.start()
    await until(lambda: made.keys.loaded, what="the first read")
    yield made
    await made.client.aclose()
    await made.keys.stop()
    await made.bus.stop()


@pytest.fixture
async def key(site: Site) -> str:
    return await site.make_key("pbx")


@pytest.mark.parametrize(
    "number",
    [
        NUMBER,
        E164,
        "+49 (0)30 / 23125-001",
        "004930 23125001",
        "sip:03023125001@pbx.example.de",
        "030%2023125001",
    ],
)
async def test_number_in_any_spelling_has_its_name(site: Site, key: str, number: str) -> None:
    await site.add("acme", "Erika Huber", NUMBER)
    answer = await site.get(key, number)
    assert (answer.status_code, answer.text) == (200, "Erika Huber")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert site.directory.queries == 1


async def test_plus_that_arrives_as_a_blank_is_read(site: Site, key: str) -> None:
    await site.add("acme", "Erika Huber", NUMBER)
    assert (await site.client.get(f"{key}?number=+493023125001")).text == "Erika Huber"


@pytest.mark.parametrize(
    "number",
    [
        "",
        "anonymous",
        "${CALLERID(num)}",
        "21",
        "+49 89 99998 21",
        "030 23125500",
        "030 23125600",
        "110",
        "?",
        "x",
    ],
)
async def test_number_without_records_names_nobody(site: Site, key: str, number: str) -> None:
    await site.add("acme", "Zentrale", "030 23125500", "030 23125600")
    answer = await site.get(key, number)
    assert (answer.status_code, answer.text) == (200, "")
    found = (await site.get(key, number, format="json")).json()
    assert found == {"name": None, "number": None, "matches": []}
    for make in ("snom", "yealink", "grandstream"):
        document = ElementTree.fromstring((await site.get(key, number, format=make)).content)
        assert list(document.iter("DirectoryEntry")) + list(document.iter("Contact")) == []


async def test_first_record_has_the_name_and_json_lists_all(site: Site, key: str) -> None:
    await site.add("acme", "Huber GmbH", NUMBER, type_="organization")
    await site.add("acme", "Paul Huber", NUMBER)
    await site.add("acme", "Erika Huber", NUMBER)
    assert (await site.get(key)).text == "Erika Huber"
    found = (await site.get(key, format="json")).json()
    assert (found["name"], found["number"]) == ("Erika Huber", E164)
    names = ["Erika Huber", "Paul Huber", "Huber GmbH"]
    assert [match["name"] for match in found["matches"]] == names


@pytest.mark.parametrize(
    ("make", "root", "name", "number"),
    [
        ("snom", "SnomIPPhoneDirectory", "DirectoryEntry/Name", "DirectoryEntry/Telephone"),
        ("yealink", "YealinkIPPhoneDirectory", "DirectoryEntry/Name", "DirectoryEntry/Telephone"),
        ("grandstream", "AddressBook", "Contact/LastName", "Contact/Phone/phonenumber"),
    ],
)
async def test_phone_book_has_the_name_escaped(
    site: Site, key: str, make: str, root: str, name: str, number: str
) -> None:
    await site.add("acme", "Huber & <Söhne>\x00\x1b\u202e\n]]>", NUMBER)
    answer = await site.get(key, NUMBER, format=make)
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    document = ElementTree.fromstring(answer.content)
    assert document.tag == root
    assert document.findtext(name) == "Huber & <Söhne> ]]>"
    assert document.findtext(number) == NUMBER, "as the phone has sent it"
    assert (await site.get(key)).text == "Huber & <Söhne> ]]>"


async def test_lookup_names_callers_and_says_no_more(site: Site, key: str) -> None:
    read = [RecordNumber.read(NUMBER, "", PROFILE).model_dump()]
    more = {"note": "Zahlt nicht", "emails": ["erika@huber.example"], "tags": ["VIP"]}
    await site.directory.add("acme", {"type": "contact", "name": "E", "numbers": read, **more})
    (match,) = (await site.get(key, format="json")).json()["matches"]
    assert (match["name"], match["email"], match["note"], match["tags"]) == ("E", "", "", [])


async def test_record_in_doubt_names_nobody(site: Site, key: str) -> None:
    read = [RecordNumber.read(NUMBER, "", PROFILE).model_dump()]
    fields = {"type": "contact", "name": "Erika Huber", "numbers": read, "last_digits": 7}
    await site.directory.add("acme", fields)
    assert (await site.get(key, "0221 3125001")).text == ""
    found = (await site.get(key, "0221 3125001", format="json")).json()
    assert (found["name"], [match["level"] for match in found["matches"]]) == (None, ["maybe"])


async def test_number_cannot_add_elements_to_a_phone_book(site: Site, key: str) -> None:
    await site.add("acme", "Erika Huber", NUMBER)
    number = "<Prompt>x</Prompt>{entry}030 23125001"
    document = ElementTree.fromstring((await site.get(key, number, format="snom")).content)
    assert document.findtext("Title") == number
    assert document.findtext("Prompt") == "Dial"


async def test_key_finds_records_of_its_tenant_only(site: Site, key: str) -> None:
    theirs = await site.make_key("theirs", tenant="other")
    await site.add("other", "Erika Huber", NUMBER)
    assert (await site.get(key)).text == ""
    assert (await site.get(theirs)).text == "Erika Huber"


@pytest.mark.parametrize("scopes", [("directory:read",), ("admin",), ("lookup", "admin")])
async def test_key_with_other_scopes_is_refused(site: Site, scopes: tuple[KeyScope, ...]) -> None:
    crm = await site.make_key("crm", *scopes)
    assert await site.code(crm) == (403, "lookup-key-required")
    (entry,) = site.security.entries
    assert (entry.event, entry.actor) == ("access-refused", "api-key/crm")
    assert entry.detail == "lookup-key-required get-lookup"
    assert site.directory.queries == 0


async def test_lookup_key_that_ended_is_refused(site: Site, key: str) -> None:
    assert await site.code("spk_guessed") == (401, "api-key-invalid")
    past = await site.make_key("past", expires_at=at(-1))
    assert await site.code(past) == (401, "api-key-expired")
    site.off.add("acme")
    assert await site.code(key) == (403, "tenant-switched-off")


async def test_token_of_a_person_stands_in_no_address(site: Site) -> None:
    token, _ = token_issuer(lambda: at(0)).issue(ANNA, timedelta(hours=1))
    assert await site.code(token) == (401, "api-key-invalid")


async def test_wrong_request_names_its_parameter(site: Site, key: str) -> None:
    assert await site.code(key, None) == (422, "request-invalid")
    for query in ({"format": "cisco"}, {"fromat": "json"}):
        answer = await site.get(key, **query)
        assert [error["field"] for error in answer.json()["errors"]] == list(query)


async def test_key_has_a_rate_and_another_key_its_own(site: Site, key: str) -> None:
    for _ in range(LOOKUPS_MAX):
        assert (await site.get(key)).status_code == 200
    assert await site.code(key, format="json") == (429, "rate-limit-exceeded")
    assert (await site.get(await site.make_key("another"))).status_code == 200


async def test_wrong_keys_count_for_the_address_and_right_ones_do_not(site: Site, key: str) -> None:
    for _ in range(WRONG_KEYS_MAX):
        assert (await site.get("spk_guessed")).status_code == 401
    assert await site.code("spk_guessed", format="json") == (429, "rate-limit-exceeded")
    assert (await site.get(key)).status_code == 200


async def test_text_is_empty_while_there_is_no_answer(site: Site, key: str) -> None:
    site.directory.is_away = True
    answer = await site.get(key)
    assert (answer.status_code, answer.text) == (503, "")
    assert int(answer.headers["retry-after"]) > 0
    assert await site.code(key, format="yealink") == (503, "resource-unavailable")
    site.directory.is_away = False
    for _ in range(LOOKUPS_MAX):
        answer = await site.get(key)
    assert (answer.status_code, answer.text) == (429, "")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("format_", ["text", "json", "snom"])
async def test_phone_names_no_record_that_few_may_see(site: Site, key: str, format_: str) -> None:
    for visible_to in ("team", "owner", "admins"):
        await site.add("acme", "Secret", NUMBER, visible_to=visible_to, owner="api-key/pbx")
    assert "Secret" not in (await site.get(key, format=format_)).text
    await site.add("acme", "Shown", NUMBER)
    text = (await site.get(key, format=format_)).text
    assert "Shown" in text
    assert "Secret" not in text
