"""Webhooks of sipgate, read by sipgate's own package for Node and by the preset."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from os import environ
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
import pytest

from softphone_testing.servers.child import Child, ProgramMissingError
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.paths import ROOT
from support.product import Json
from support.stack.installation import Installation
from support.stack.sender import E164, FORM, Sender, legs, logged, sender
from support.tenant.company import Company

RECEIVER = ROOT / "tests" / "senders" / "sipgateio" / "receiver.js"
OWN, OTHER = "4989999980", E164.removeprefix("+")
Names = dict[str, str]
EVENTS = {"ringing": "newCall", "dialed": "newCall", "connected": "answer"}
EVENTS |= {"ended": "hangup", "missed": "hangup"}


@dataclass(frozen=True)
class Reading:
    """A webhook as one receiver understood it; a withheld number is `anonymous`."""

    event: str
    direction: str
    number: str
    call_id: str
    users: tuple[str, ...]
    cause: str


@dataclass(frozen=True)
class Both:
    """The device of the product and sipgate's package, which get the same bodies."""

    device: Sender
    package: Child
    port: int

    async def read(self, body: str) -> tuple[Reading, Reading]:
        """The package's reading and ours. Their replies must order the same events."""
        headers = {"Content-Type": FORM}
        client = self.device.installation.client
        before = len(self._printed())
        package = f"http://{HOST}:{self.port}/"
        theirs = await client.post(package, content=body, headers=headers)
        ours = await client.post(self.device.url, content=body, headers=headers)
        assert ours.is_success, ours.text
        assert ours.headers["Content-Type"].startswith(theirs.headers["Content-Type"])
        if "event=newCall" in body:
            assert ordered(ours) == ordered(theirs)
        printed = await until(lambda: self._printed()[before:], 10, "an event of the package")
        return of_package(printed[0]), await of_product(self.device)

    def _printed(self) -> list[Json]:
        lines = self.package.log.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def ordered(reply: httpx.Response) -> tuple[str, dict[str, str]]:
    root = ElementTree.fromstring(reply.content)
    return root.tag, root.attrib


def of_package(event: Json) -> Reading:
    users = event.get("userIds") or [event.get("userId", "")]
    return Reading(
        event["event"],
        {"in": "inbound", "out": "outbound"}[event["direction"]],
        event["from" if event["direction"] == "in" else "to"],
        event["callId"],
        tuple(users),
        event.get("cause", ""),
    )


async def of_product(device: Sender) -> Reading:
    """The newest hit, as the inspector shows it."""
    events = (await device.hits())[0]["events"]
    first = events[0]
    return Reading(
        EVENTS[first["event"]],
        first["direction"],
        first["remote"]["e164"] or first["remote"]["kind"],
        first["call_id"],
        tuple(event["extension"] or "" for event in events),
        first["reason"],
    )


@pytest.fixture
async def both(installation: Installation, company: Company, tmp_path: Path) -> AsyncIterator[Both]:
    node = shutil.which("node")
    if node is None or not (RECEIVER.parent / "node_modules" / "sipgateio").exists():
        raise ProgramMissingError("sipgateio is not on this machine; run deploy/install senders")
    device = await sender(installation, company, "sipgate")
    port = free_port()
    command = [node, str(RECEIVER), str(port), device.url]
    package = Child("sipgateio", command, folder=tmp_path, env={"PATH": environ["PATH"]})

    async def answers() -> bool:
        _, writer = await asyncio.open_connection(HOST, port)
        writer.close()
        return True

    await package.start()
    try:
        await package.wait_ready(answers, 20)
        yield Both(device, package, port)
    finally:
        await package.stop(2)


def webhook(
    event: str, direction: str = "in", other: str = OTHER, users: Names | None = None, **more: str
) -> str:
    """A body as sipgate writes it, with the brackets of lists percent-encoded."""
    parties = {"from": other, "to": OWN} if direction == "in" else {"from": OWN, "to": other}
    fields = {"event": event, **parties, "direction": direction, "callId": "8CB6A4F6", **more}
    lists = {"user[]": list((users or {}).values()), "userId[]": list(users or {})}
    return urlencode({**fields, **lists}, doseq=True)


ONE_USER: Names = {"w0": "Alice"}
GROUP: Names = {"w0": "Alice", "w1": "Jörg & Co"}


@pytest.mark.parametrize(
    "body",
    [
        webhook("newCall", users=ONE_USER, origCallId="8CB6A4F6"),
        webhook("newCall", users=GROUP),
        webhook("newCall", other="anonymous", users=ONE_USER),
        webhook("newCall", direction="out", users=ONE_USER),
        webhook("answer", user="Alice", userId="w0", answeringNumber=OWN),
        webhook("answer", direction="out", user="Alice", userId="w0", answeringNumber=OTHER),
        *(
            webhook("hangup", cause=cause, answeringNumber=OWN)
            for cause in (
                *("normalClearing", "busy", "cancel", "noAnswer"),
                *("congestion", "notFound", "forwarded"),
            )
        ),
    ],
)
async def test_a_webhook_is_read_as_the_package_reads_it(both: Both, body: str) -> None:
    theirs, ours = await both.read(body)
    assert ours == theirs


@pytest.mark.parametrize(
    ("end", "wanted"),
    [
        ("normalClearing", {"phase": "ended", "outcome": "answered", "answered_by": "w0"}),
        ("cancel", {"phase": "missed", "outcome": "missed", "answered_by": None}),
        ("noAnswer", {"phase": "missed", "outcome": "missed", "answered_by": None}),
        ("busy", {"phase": "missed", "outcome": "missed", "answered_by": None}),
    ],
)
async def test_a_group_call_is_in_the_call_history(both: Both, end: str, wanted: Json) -> None:
    device = both.device
    await both.read(webhook("newCall", users=GROUP))
    if wanted["outcome"] == "answered":
        await both.read(webhook("answer", user="Alice", userId="w0", answeringNumber=OWN))
    await both.read(webhook("hangup", cause=end, answeringNumber=OWN))
    (call,) = await logged(device.installation, device.company, {**wanted, "direction": "inbound"})
    assert call["remote"]["e164"] == E164
    assert {"w0", "w1"} <= legs(call).keys()
