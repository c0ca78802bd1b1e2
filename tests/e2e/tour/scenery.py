"""The company that the tour walks through: its people, records, phones and calls."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from e2e.conftest import Facts, signed_in
from e2e.test_second_factor import code_of
from e2e.tour.company import IMPORTED, PAST, PEOPLE, PHONES, RECORDS, SOURCE, PastCall
from softphone_common.domain.call import Phase
from softphone_common.process.clock import utc_now
from softphone_testing.until import until
from support.product import PASSWORD
from support.tenant.call import ANSWERED, Call
from support.tenant.phone import Phone
from support.web_client import web_client

LINE = "31"
"""The extension of Lena, at whose desk the calls of the tour ring."""
RINGS = timedelta(seconds=14)
ANSWERED_AFTER = timedelta(seconds=6)


@dataclass
class Scenery:
    """Facts for signing in, ids of people and phones, and calls that ring on demand."""

    facts: Facts
    phone: Phone
    admin: httpx.AsyncClient
    devices: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The phones of the company by name, as the API answers."""
    users: dict[str, str] = field(default_factory=dict)
    """Ids of the people by login."""
    has_dead_letter: bool = False

    async def ring(self, number: str, extension: str = LINE, **fields: str) -> str:
        """Lets a call ring that goes on until `hang_up`, and returns its id."""
        return await self.new_call(number, **fields).ringing(extension)

    def new_call(self, number: str, **fields: str) -> Call:
        """A call of which no hit is sent yet. It rings for some seconds already."""
        call = self.phone.call(number, ANSWERED, **fields)
        now = utc_now()
        call.times = {"ringing": now - RINGS, "connected": now - RINGS + ANSWERED_AFTER}
        return call

    async def hang_up(self) -> None:
        """Ends what still rings, and moves these calls to the bin, so that lists do not grow."""
        calls = [call for call in self.phone.calls if call.call_id]
        await self.phone.hang_up()
        self.phone.calls.clear()
        for call in calls:
            await until_logged(self.admin, call.call_id)
            (await self.admin.delete(f"/api/calls/{call.call_id}")).raise_for_status()


@asynccontextmanager
async def scenery_of(facts: Facts) -> AsyncIterator[Scenery]:
    """Sets the company up over HTTP. At the end people, records and phones are removed again."""
    async with AsyncExitStack() as stack:
        admin = await _client(stack, facts, "admin")
        client = web_client(facts["url"])
        sender = Phone(await stack.enter_async_context(client), "", "demo", facts["device"]["key"])
        facts = {**facts, "users": [*facts["users"]]}
        scenery = Scenery(facts, sender, admin)
        for person in PEOPLE:
            user = await _add(stack, admin, "/api/users", person)
            scenery.users[person["login"]] = user["id"]
            facts["users"].append({"login": person["login"], "password": PASSWORD, "role": "user"})
        for record in RECORDS:
            await _add(stack, admin, "/api/directory/records", record)
        for content in IMPORTED:
            await _import(stack, admin, content)
        await _add(stack, admin, "/api/directory/sources", SOURCE)
        for phone in PHONES:
            scenery.devices[phone["name"]] = await _add(stack, admin, "/api/devices", phone)
        await _enrol(facts)
        lena = await _client(stack, facts, "lena")
        for number, past in enumerate(PAST, 1741):
            await _call(scenery, lena, past, f"pbx-{number}")
        (await lena.delete("/api/session")).raise_for_status()
        yield scenery
        await scenery.hang_up()


async def _client(stack: AsyncExitStack, facts: Facts, login: str) -> httpx.AsyncClient:
    """An HTTP client that is signed in, and closed when the stack unwinds."""
    client = await signed_in(facts, login)
    stack.push_async_callback(client.aclose)
    return client


async def _add(
    stack: AsyncExitStack, admin: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> dict[str, Any]:
    """Creates something, which is removed when the stack unwinds, and returns the answer."""
    answer = await admin.post(path, json=body)
    created: dict[str, Any] = answer.raise_for_status().json()
    stack.push_async_callback(admin.delete, f"{path}/{created['id']}")
    return created


async def _import(stack: AsyncExitStack, admin: httpx.AsyncClient, content: str) -> None:
    """Imports a complete file. Its records and a removal that is held go when the stack unwinds."""
    path, source = "/api/directory/imports", "Outlook"
    query = {"source": source, "file": "kontakte.csv", "complete": "true"}
    begun = await admin.post(path, content=content.encode(), params=query)
    run = begun.raise_for_status().json()["id"]

    async def is_over() -> bool:
        shown = (await admin.get(f"{path}/{run}")).raise_for_status().json()
        return shown["state"] in {"finished", "held"}

    await until(is_over, what="the import")
    stack.push_async_callback(_remove_records, admin, source)
    stack.push_async_callback(admin.delete, f"{path}/{run}")


async def _remove_records(admin: httpx.AsyncClient, source: str) -> None:
    listed = await admin.get("/api/directory/records", params={"source": source})
    for record in listed.raise_for_status().json()["items"]:
        await admin.delete(f"/api/directory/records/{record['id']}")


async def _call(scenery: Scenery, user: httpx.AsyncClient, past: PastCall, name: str) -> None:
    """A whole call, as a phone reports it that sends the time of each event."""
    call = scenery.phone.call(past.number, ANSWERED, **past.fields)
    call.external_id = name
    rung = utc_now() - past.ago
    answered = rung + past.ring
    last: Phase = "ended" if past.answered_by else "missed"
    call.times = {
        "ringing": rung,
        "dialed": rung,
        "connected": answered,
        last: answered + past.talk,
    }
    for extension in past.extensions:
        await call.send(past.first, extension)
    if past.answered_by:
        await call.send("connected", past.answered_by)
    for extension in (past.answered_by,) if past.answered_by else past.extensions:
        await call.send(last, extension)
    scenery.phone.calls.clear()
    await until_logged(user, call.call_id)
    for text in past.comments:
        path = f"/api/calls/{call.call_id}/comments"
        (await user.post(path, json={"text": text})).raise_for_status()


async def until_logged(user: httpx.AsyncClient, call: str) -> None:
    """Waits until the log shows the end of a call."""

    async def is_over() -> bool:
        answer = await user.get(f"/api/calls/{call}")
        return answer.is_success and answer.json()["outcome"] is not None

    await until(is_over, what=f"the end of {call} in the log")


async def _enrol(facts: Facts) -> None:
    """Gives Frida a second factor, so that the sign-in asks for her code."""
    async with AsyncExitStack() as stack:
        frida = await _client(stack, facts, "frida")
        answer = await frida.post("/api/me/second-factor", json={"password": PASSWORD})
        code = code_of(answer.raise_for_status().json()["secret"])
        answer = await frida.post("/api/me/second-factor/confirm", json={"code": code})
        answer.raise_for_status()
