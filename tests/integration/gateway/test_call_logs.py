"""The log of a good call: one line of each service, found by the id of the call or of its hit."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from softphone_common.runtime.commands.tail import CallLines, lines_of
from softphone_testing.processes import ServiceFleet
from softphone_testing.until import until
from support.stack.gateway import Gateway
from support.tenant.call import Call
from support.tenant.company import LISTED, UNLISTED, Company, company_of

CALLS = 50
OWN = "c0ffee00" * 4
OF_A_CALL = Counter(
    {
        ("gateway", "GET /hit/***/ringing", None): 1,
        ("ingest", "hit", None): 1,
        ("matcher", "matched", None): 1,
        ("calllog", "folded", "ringing"): 1,
        ("calllog", "folded", "match"): 1,
        ("notifier", "popped", "ringing"): 1,
        ("notifier", "popped", "match"): 1,
    }
)
"""Service, event and reason of each line about a call that rings."""

Fields = dict[str, Any]


@pytest.fixture
def logs(fleet: ServiceFleet, gateway: Gateway) -> "Logs":
    return Logs(fleet, gateway)


class Logs:
    """The logs of the gateway and of all services."""

    def __init__(self, fleet: ServiceFleet, gateway: Gateway) -> None:
        self._fleet = fleet
        self._gateway = gateway

    def texts(self) -> Iterator[str]:
        for log in (self._gateway, *self._fleet):
            yield from log.log_text().splitlines()

    def of(self, id_: str) -> list[Fields]:
        """The fields of all lines of a call or trace, in the order of time."""
        call = CallLines(id_)
        read = sorted(line for text in self.texts() if (line := call.read(text)) is not None)
        return [dict(line.fields) for line in read if call.has(line)]

    async def complete(self, id_: str) -> list[Fields]:
        """The lines of a call once every service has written its own."""

        def all_lines() -> list[Fields]:
            lines = self.of(id_)
            return lines if Counter(map(kind_of, lines)) >= OF_A_CALL else []

        lines: list[Fields] = await until(all_lines, what=f"all lines of {id_}")
        return lines


def kind_of(line: Fields) -> tuple[str, str, str | None]:
    event = line.get("event") or f"{line['method']} {line['path']}"
    return line.get("service", "gateway"), event, line.get("of")


async def ring(company: Company, call: Call, web: httpx.AsyncClient, **headers: str) -> None:
    """Sends the first hit of the call through the gateway."""
    fields = {"extension": company.phone.extension, "number": call.number}
    path = f"/hit/{company.phone.key}/ringing"
    params = {**fields, "call_id": call.external_id}
    answer = await web.get(path, params=params, headers=headers)
    assert answer.status_code == 202, answer.text
    call.call_id = answer.json()["call_id"]


async def test_one_of_fifty_calls_is_followed_by_its_id(
    fleet: ServiceFleet, web: httpx.AsyncClient, logs: Logs
) -> None:
    async with company_of(fleet) as company, company.browser():
        numbers = (LISTED, *UNLISTED)
        calls = [company.new_call(numbers[turn % len(numbers)]) for turn in range(CALLS)]
        await asyncio.gather(*(ring(company, call, web) for call in calls))
        assert len({call.call_id for call in calls}) == CALLS
        traces = set()
        for call in calls:
            lines = await logs.complete(call.call_id)
            assert Counter(map(kind_of, lines)) == OF_A_CALL
            assert {line.get("call", call.call_id) for line in lines} == {call.call_id}
            assert {line.get("tenant", company.tenant) for line in lines} == {company.tenant}
            (trace,) = {line["trace"] for line in lines}
            traces.add(trace)
            (matched,) = (line for line in lines if line.get("event") == "matched")
            assert matched["records"] == (call.number == LISTED)
            popped = (line for line in lines if line.get("event") == "popped")
            assert next(popped)["sockets"] == 1
        assert len(traces) == CALLS
    written = "\n".join(logs.texts())
    assert not any(number.replace(" ", "") in written for number in numbers)


async def test_program_prints_the_lines_of_one_call(
    fleet: ServiceFleet, gateway: Gateway, web: httpx.AsyncClient, logs: Logs
) -> None:
    async with company_of(fleet) as company, company.browser():
        call, other = company.new_call(LISTED), company.new_call(UNLISTED[0])
        await asyncio.gather(ring(company, call, web), ring(company, other, web))
        for each in (call, other):
            await logs.complete(each.call_id)
    program = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("softphone")),
        *("tail", call.call_id),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    text = "\n".join(logs.texts())
    printed, _ = await program.communicate(text.encode())
    lines = printed.decode().splitlines()
    assert program.returncode == 0
    assert lines == list(lines_of(call.call_id, text.splitlines()))
    assert len(lines) == OF_A_CALL.total()


async def test_id_of_the_gateway_is_that_of_all_lines(
    fleet: ServiceFleet, gateway: Gateway, web: httpx.AsyncClient, logs: Logs
) -> None:
    async with company_of(fleet) as company, company.browser():
        call = company.new_call(LISTED)
        forged = f"00-{OWN}-00f067aa0ba902b7-01"
        await ring(company, call, web, traceparent=forged)
        by_call = await logs.complete(call.call_id)
    (of_gateway,) = (line for line in gateway.access_log() if line["trace"] == by_call[0]["trace"])
    assert of_gateway["status"] == 202
    assert logs.of(of_gateway["trace"]) == by_call
    assert OWN not in "\n".join(logs.texts())


async def test_trace_of_a_stranger_is_not_taken(fleet: ServiceFleet, logs: Logs) -> None:
    """A service takes the id from a trusted proxy only, which names its client."""
    async with company_of(fleet) as company:
        url = f"{fleet['ingest'].url}/hit/{company.phone.key}/ringing?extension=21&number={LISTED}"
        header = {"traceparent": f"00-{OWN}-00f067aa0ba902b7-01"}
        answer = await company.product.client.get(url, headers=header)
        call = answer.json()["call_id"]
        await until(lambda: bool(logs.of(call)), what="the line of the hit")
        assert OWN not in {line["trace"] for line in logs.of(call)}
        header["x-forwarded-for"] = "192.0.2.1"
        answer = await company.product.client.get(f"{url}&call_id=x", headers=header)
        await until(lambda: bool(logs.of(OWN)), what="a line with the id of the proxy")
        assert {line["call"] for line in logs.of(OWN)} == {answer.json()["call_id"]}
