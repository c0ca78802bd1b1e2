"""A tenant with its people, its phone, its directory record, its browsers and its call log."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import httpx

from softphone_common.contracts.entities import Role
from softphone_testing.activation_codes import code
from softphone_testing.processes import ServiceFleet
from softphone_testing.until import until
from support.product import PASSWORD, FleetProduct, Json, Product, bearer
from support.tenant.browser import Browser, signed_in
from support.tenant.call import ANSWERED, MISSED, REPEATED, WITH_TALK_TIME, Call, Script
from support.tenant.phone import EXTENSION, Phone
from support.waiting import until_passes

LISTED = "030 23125201"
LISTED_E164 = "+493023125201"
"""The number of the company's directory record."""
UNLISTED = ("0171 3920044", "089 99998077", "030 23125999")
SCRIPTS = (ANSWERED, MISSED, WITH_TALK_TIME, REPEATED)


@dataclass(frozen=True)
class Person:
    """A user with a token; the cookie is empty if the user has never signed in."""

    id: str
    tenant: str
    login: str
    role: Role
    token: str
    cookie: str = ""


@dataclass(frozen=True)
class Examples:
    """Ids of one thing of every kind that a tenant's data consists of."""

    call: str = "none"
    deleted_call: str = "none"
    hit: str = "none"
    run: str = "none"
    comment: str = "none"
    source: str = "none"


@dataclass
class Company:
    """A tenant with one phone, whose calls it keeps, and people who need not exist."""

    product: Product
    tenant: str
    phone: Phone
    admin: Person
    user: Person
    record: str = ""
    """The id of the directory record that has the number LISTED."""
    examples: Examples = Examples()
    _turns: "count[int]" = field(default_factory=count, repr=False)

    @property
    def calls(self) -> list[Call]:
        """Every call of the phone, in the order in which they began."""
        return self.phone.calls

    def token(self, extension: str = EXTENSION) -> str:
        """A new token of the user, or of another one at another extension."""
        user = self.user.id if extension == EXTENSION else ""
        return self.product.token(self.tenant, "user", (extension,), user)

    def browser(self, seen: int | None = None) -> AbstractAsyncContextManager[Browser]:
        """A browser that is signed in as the user."""
        return signed_in(self.product.address("/ws"), self.token(), seen)

    # --- calls ------------------------------------------------------------------------------------

    def new_call(self, number: str = LISTED, script: Script = ANSWERED) -> Call:
        """A call, of which no hit is sent yet."""
        return self.phone.call(number, script)

    def next_call(self, number: str | None = None, script: Script | None = None) -> Call:
        """A new call; number and script alternate where they are not given."""
        turn = next(self._turns)
        number = number or (LISTED if turn % 2 else UNLISTED[turn % len(UNLISTED)])
        return self.new_call(number, script or SCRIPTS[turn % len(SCRIPTS)])

    async def make_call(self, number: str | None = None, script: Script | None = None) -> Call:
        """A whole call; each of its hits is accepted at once."""
        call = self.next_call(number, script)
        await call.send_all()
        return call

    async def make_calls(self, number: int) -> list[Call]:
        """This many whole calls at the same time, of all scripts and numbers."""
        return await asyncio.gather(*(self.make_call() for _ in range(number)))

    # --- the log ----------------------------------------------------------------------------------

    async def log(self) -> list[Json]:
        """Every call in the log, over all pages."""
        items: list[Json] = []
        cursor = ""
        while True:
            page = await self.ask("GET", f"/api/calls?limit=200{cursor}")
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = f"&cursor={page['next']}"

    async def has_logged(self, call: Call) -> bool:
        """Whether the log answers and has this call."""
        try:
            return (await self.request("GET", f"/api/calls/{call.call_id}")).is_success
        except httpx.TransportError:
            return False

    async def check_log(self) -> None:
        """Asserts that every call is in the log once, as it was sent, with its record."""
        logged = await self.log()
        by_id = {entry["id"]: entry for entry in logged}
        assert len(by_id) == len(logged), "a call is there twice"
        ours = {call.call_id for call in self.calls}
        assert by_id.keys() == ours, f"missing {ours - by_id.keys()}, extra {by_id.keys() - ours}"
        for call in self.calls:
            call.check(by_id[call.call_id], self.record_of(call))

    def record_of(self, call: Call) -> str | None:
        """The record that matches the call's number, if there is one."""
        return self.record if call.number == LISTED else None

    async def until_logged(self) -> None:
        """Waits until the log shows all calls as it must."""
        await until_passes(self.check_log, "a complete log")

    # --- sweeps -----------------------------------------------------------------------------------

    async def request_sweep(self) -> httpx.Response:
        """Asks the janitor for a sweep once, and returns its answer."""
        return await self.request("POST", "/api/sweeps", {"tenant": self.tenant}, "operator")

    async def start_sweep(self) -> str:
        """Asks the janitor for a sweep until it accepts, and returns the sweep's id."""
        body = {"tenant": self.tenant}
        sweep: str = (await self.ask("POST", "/api/sweeps", body, "operator"))["id"]
        return sweep

    async def latest_sweep(self) -> str:
        """The id of the last sweep that an operator asked for, or an empty text."""
        sweeps = await self.ask("GET", "/api/sweeps", role="operator")
        mine = (s for s in sweeps["items"] if s["tenant"] == self.tenant)
        latest: str = next((s["id"] for s in mine if s["requested_by"] == "operator"), "")
        return latest

    async def until_swept(self, sweep: str) -> Json:
        """Waits until the sweep is finished, and returns its entry in the list."""

        async def finished() -> Json:
            sweeps = await self.ask("GET", "/api/sweeps", role="operator")
            mine: Json = next(item for item in sweeps["items"] if item["id"] == sweep)
            return mine if mine["finished_at"] else {}

        entry: Json = await until(finished, what="the sweep's end")
        return entry

    # --- requests ---------------------------------------------------------------------------------

    async def ask(self, method: str, path: str, body: Any = None, role: Role = "admin") -> Json:
        """Sends a request that must succeed, and repeats it while the answer is 503.

        Services answer 503 until they have received the tenant from the bus.
        """

        async def answered() -> httpx.Response:
            answer = await self.request(method, path, body, role)
            assert answer.status_code != 503, answer.text
            return answer

        answer: httpx.Response = await until(answered, what=f"{method} {path}")
        assert answer.is_success, answer.text
        result: Json = answer.json()
        return result

    async def request(
        self, method: str, path: str, body: Any = None, role: Role = "admin"
    ) -> httpx.Response:
        """Sends a request in this role, and returns its answer."""
        url = f"{self.product.address(path)}{path}"
        headers = bearer(self.product.token(self.tenant, role))
        return await self.product.client.request(method, url, json=body, headers=headers)


@asynccontextmanager
async def company_of(fleet: ServiceFleet) -> AsyncIterator[Company]:
    """A new company on a fleet, set up through the product's own interface."""
    async with company_at(FleetProduct(fleet)) as company:
        yield company


@asynccontextmanager
async def company_at(
    product: Product, activation_code: Callable[[str], str] = code
) -> AsyncIterator[Company]:
    """A new company in these running services, set up through the product's own interface."""
    tenant = f"t-{uuid4().hex[:12]}"
    async with product.client as client:
        phone = Phone(client, product.address("/hit"), "", "")
        admin = Person("", tenant, "admin", "admin", product.token(tenant))
        company = Company(product, tenant, phone, admin, admin)
        body: Json = {"name": "Huber GmbH", "activation_code": activation_code(tenant)}
        await company.ask("PUT", f"/api/tenants/{tenant}", body, "operator")
        body = {"login": "anna", "password": PASSWORD, "extensions": [EXTENSION]}
        user = (await company.ask("POST", "/api/users", body))["id"]
        token = product.token(tenant, "user", (EXTENSION,), user)
        company.user = Person(user, tenant, "anna", "user", token)
        device = await company.ask("POST", "/api/devices", {"name": "Desk"})
        phone.id, phone.key = device["id"], device["key"]
        body = {"type": "contact", "name": "Erika Huber", "numbers": [{"number": LISTED}]}
        company.record = (await company.ask("POST", "/api/directory/records", body))["id"]
        yield company
