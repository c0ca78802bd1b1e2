"""Who is shown a record that not everyone may see: every route, every frame, in two tenants."""

from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

import pytest

from integration.isolation.shown_records import SHOWING, SILENT
from softphone_common.contracts.entities import KeyScope
from softphone_testing.until import until
from support.product import Json
from support.stack.full_company import NUMBER
from support.stack.installation import Installation
from support.stack.routes import LEAST, attempts
from support.tenant.browser import Browser, signed_in
from support.tenant.company import Company, Examples, Person

KINDS = ("all", "anna", "bert", "sales", "support", "admins")
SEEN: dict[str, set[str]] = {
    "admin": {*KINDS},
    "anna": {"all", "anna", "sales"},
    "bert": {"all", "bert", "support"},
}
"""The records of the company that each of its people may see."""
LISTS = ("GET /api/directory/matches", "GET /api/directory/records", "GET /api/calls")


@dataclass
class Office:
    """A company with a record of each kind, all with one number, and a call from it."""

    company: Company
    people: dict[str, Person]
    records: dict[str, str] = field(default_factory=dict)

    def name(self, kind: str) -> str:
        return f"{kind}-of-{self.company.tenant}"

    def words(self, kinds: Iterable[str]) -> set[str]:
        """The names and the ids of these records."""
        return {word for kind in kinds for word in (self.name(kind), self.records[kind])}

    def asked_for(self, kind: str) -> Company:
        """The company as its routes are asked for one of the records."""
        return replace(self.company, record=self.records[kind])


async def make_office(installation: Installation) -> Office:
    company = await installation.make_company()
    tenant = company.tenant
    people = {
        "admin": await installation.make_user(tenant, "admin", ("21",)),
        "anna": await installation.make_user(tenant, "user", ("21",), ("Sales",)),
        "bert": await installation.make_user(tenant, "user", ("21",), ("Support",)),
    }
    office = Office(replace(company, admin=people["admin"], user=people["anna"]), people)
    sharing: dict[str, Json] = {
        "all": {},
        "anna": {"visible_to": "owner", "owner": people["anna"].login},
        "bert": {"visible_to": "owner", "owner": people["bert"].login},
        "sales": {"visible_to": "team", "team": "Sales"},
        "support": {"visible_to": "team", "team": "Support"},
        "admins": {"visible_to": "admins", "owner": people["anna"].login, "team": "Support"},
    }
    token = people["admin"].token
    for kind, fields in sharing.items():
        record = {"type": "contact", "name": office.name(kind), "numbers": [{"number": NUMBER}]}
        made = await installation.post("/api/directory/records", token, record | fields)
        office.records[kind] = made["id"]
    fields = {"call_id": tenant, "extension": "21", "number": NUMBER}
    call = await office.company.phone.post_hits("ringing", **fields)

    async def is_matched() -> bool:
        entry = await installation.get(f"/api/calls/{call}", token)
        return len(entry["matches"]) == len(KINDS)

    await until(is_matched, what="the matches")
    hits = await installation.get(f"/api/devices/{office.company.phone.id}/hits", token)
    office.company.examples = Examples(call, "none", hits["items"][0]["id"])
    return office


@pytest.fixture(scope="module")
async def ours(installation: Installation) -> Office:
    return await make_office(installation)


@pytest.fixture(scope="module")
async def theirs(installation: Installation) -> Office:
    return await make_office(installation)


async def answer_of(
    installation: Installation, company: Company, token: str, route: str
) -> tuple[int, str]:
    path, body = attempts(company)[route]
    answer = await installation.ask(route.partition(" ")[0], path, token, body)
    assert answer.status_code not in {401, 500}, (route, answer.text)
    return answer.status_code, answer.text


async def test_every_route_says_whether_it_shows_records() -> None:
    assert not SHOWING & SILENT
    assert set(LEAST) == SHOWING | SILENT, "a new route needs a row in SHOWING or SILENT"


@pytest.mark.parametrize("viewer", SEEN)
async def test_lists_have_the_records_of_their_reader(
    installation: Installation, ours: Office, theirs: Office, viewer: str
) -> None:
    token, expected = ours.people[viewer].token, SEEN[viewer]
    for record in (*theirs.records.values(), "unknown"):
        assert await installation.calls(token, record=record) == []
    for route in (*LISTS, "GET /api/calls/{call}"):
        _, text = await answer_of(installation, ours.company, token, route)
        assert {kind for kind in KINDS if ours.name(kind) in text} == expected, route
    for query in ({"q": f"of {ours.company.tenant}"}, {"number": NUMBER}, {"q": NUMBER}):
        page = await installation.get("/api/directory/records", token, **query)
        assert {item["name"] for item in page["items"]} == {ours.name(kind) for kind in expected}
    for kind in KINDS:
        found = await installation.get("/api/directory/records", token, q=ours.name(kind))
        assert bool(found["items"]) == (kind in expected)
        calls = await installation.calls(token, q=ours.name(kind))
        assert bool(calls) == (kind == "all"), "a call is found by names for everyone only"
        of_record = await installation.calls(token, record=ours.records[kind])
        assert bool(of_record) == (kind in expected), kind


@pytest.mark.parametrize("viewer", ["anna", "bert"])
async def test_record_is_shown_to_nobody_else(
    installation: Installation, ours: Office, theirs: Office, viewer: str
) -> None:
    token, hidden = ours.people[viewer].token, {*KINDS} - SEEN[viewer]
    secret = ours.words(hidden) | theirs.words(KINDS)
    # the reading ones first, since others end sessions
    routes = sorted(LEAST, key=lambda route: (not route.startswith("GET "), route))
    targets = [ours.asked_for(kind) for kind in sorted(hidden)]
    targets.append(theirs.asked_for("all"))
    for target in targets:
        for route in routes:
            status, text = await answer_of(installation, target, token, route)
            # a problem names the path of its request
            own = {target.record} if target.record in attempts(target)[route][0] else set()
            assert not [word for word in secret - own if word in text], (route, text)
            if route.endswith("/records/{record}"):
                assert status == (403 if route.startswith("DELETE") else 404), (route, text)
                assert target.record not in text
            if route == "POST /api/directory/picks":
                assert status == 404, (route, text)


async def test_routes_that_show_no_records_are_silent(
    installation: Installation, ours: Office
) -> None:
    token = ours.people["admin"].token
    for route in sorted(route for route in SILENT if route.startswith("GET ")):
        if LEAST[route] != "operator":
            _, text = await answer_of(installation, ours.asked_for("all"), token, route)
            assert not [word for word in ours.words(KINDS) if word in text], route


@pytest.mark.parametrize(
    ("scopes", "seen"),
    [
        (["calls:read", "hits:read"], {"all"}),
        (["calls:read", "hits:read", "directory:read"], {*KINDS}),
        (["admin"], {*KINDS}),
    ],
)
async def test_key_shows_records_by_its_scopes(
    installation: Installation, ours: Office, scopes: list[KeyScope], seen: set[str]
) -> None:
    body = {"name": "CTI", "scopes": scopes}
    key = (await installation.post("/api/keys", ours.people["admin"].token, body))["key"]

    async def is_known() -> bool:
        return (await installation.ask("GET", "/api/calls", key)).status_code == 200

    await until(is_known, what="the key at calllog")
    for route in ("GET /api/calls", "GET /api/calls/{call}", "GET /api/devices/{device}/hits"):

        async def is_answered(route: str = route) -> str:
            path, _ = attempts(ours.company)[route]
            answer = await installation.ask("GET", path, key)
            return answer.text if answer.status_code == 200 else ""

        text = await until(is_answered, what=f"{route} with the key")
        # hits show the records of their time, and those only to keys that see all of them
        shown = seen if "/hits" not in route or len(seen) > 1 else set()
        assert {kind for kind in KINDS if ours.name(kind) in text} == shown, route


async def test_phone_is_told_what_everyone_may_see(
    installation: Installation, ours: Office
) -> None:
    body = {"name": "PBX", "scopes": ["lookup"]}
    key = (await installation.post("/api/keys", ours.people["admin"].token, body))["key"]

    async def named() -> str:
        path = f"/api/lookup/{key}?number={NUMBER}&format=json"
        answer = await installation.ask("GET", path)
        return answer.text if answer.status_code == 200 else ""

    text = await until(named, what="the name")
    assert {kind for kind in KINDS if ours.name(kind) in text} == {"all"}


async def test_frames_have_the_records_of_their_user(
    installation: Installation, ours: Office, theirs: Office
) -> None:
    async with AsyncExitStack() as stack:
        browsers: dict[str, Browser] = {}
        for viewer, person in ours.people.items():
            entered = signed_in(installation.url, person.token)
            browsers[viewer] = await stack.enter_async_context(entered)
        stranger = signed_in(installation.url, theirs.people["admin"].token)
        other = await stack.enter_async_context(stranger)
        fields = {"call_id": f"live-{ours.company.tenant}", "extension": "21", "number": NUMBER}
        call = await ours.company.phone.post_hits("ringing", **fields)

        def matched(browser: Browser) -> Callable[[], bool]:
            return lambda: any(each["id"] == call and each["matched"] for each in browser.calls())

        for viewer, browser in browsers.items():
            await until(matched(browser), what=f"{viewer}'s matches")
            text = str(browser.frames)
            assert {kind for kind in KINDS if ours.name(kind) in text} == SEEN[viewer]
            assert not [w for w in ours.words({*KINDS} - SEEN[viewer]) if w in text]
            async with signed_in(installation.url, ours.people[viewer].token) as late:
                text = str(late.frames[0])
                assert {kind for kind in KINDS if ours.name(kind) in text} == SEEN[viewer]
        assert not [word for word in ours.words(KINDS) if word in str(other.frames)]
        await ours.company.phone.post_hits("missed", **fields)


async def test_pick_orders_the_records_of_its_user(
    installation: Installation, ours: Office
) -> None:
    anna, bert = (ours.people[name].token for name in ("anna", "bert"))
    pick = {"number": NUMBER, "record": ours.records["anna"]}
    answer = await installation.ask("POST", "/api/directory/picks", anna, pick)
    assert answer.status_code == 204, answer.text

    async def first(token: str) -> Json:
        path = f"/api/calls/{ours.company.examples.call}"
        match: Json = (await installation.get(path, token))["matches"][0]
        return match

    async def is_first() -> bool:
        match = await first(anna)
        own = [ours.people["anna"].id]
        return (match["record"], match["picked_by"]) == (ours.records["anna"], own)

    await until(is_first, what="the pick in the log")
    assert ours.people["anna"].id not in str(await first(ours.people["admin"].token))
    assert ours.name("anna") not in str(await installation.calls(bert))
    answer = await installation.ask("DELETE", f"/api/directory/picks?number={NUMBER}", anna)
    assert answer.status_code == 204, answer.text
