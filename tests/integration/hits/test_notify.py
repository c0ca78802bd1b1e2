"""Softphones that can only start a program: the notify script, and the lines for MicroSIP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

import pytest

from softphone_ingest.devices.setup_urls import device_urls
from softphone_ingest.mapping.presets.preset import load_all
from softphone_testing.servers.ports import HOST
from softphone_testing.until import until
from support.paths import ROOT

SCRIPT = ROOT / "deploy" / "notify" / "softphone-notify.sh"
EXTENSION = "21"


@asynccontextmanager
async def server(answer: Callable[[], Awaitable[None]]) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that records request targets and answers when `answer` returns."""
    targets: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode()
        while (await reader.readline()).strip():
            pass
        targets.append(line.split(" ")[1])
        await answer()
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(serve, HOST, 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield f"http://{HOST}:{port}/hit/KEY", targets
    finally:
        listening.close()


async def at_once() -> None:
    """Lets the server answer without delay."""


async def run(*command: str) -> int:
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait()


@pytest.mark.parametrize("number", ["08999998001", "+49 89 99998001", "*31#0171&x=1", "", "ü"])
async def test_notify_script_sends_its_arguments(number: str) -> None:
    async with server(at_once) as (url, targets):
        assert await run(str(SCRIPT), url, "ringing", EXTENSION, number) == 0
        await until(lambda: targets, what="the request")
        target = urlsplit(targets[0])
    assert target.path == "/hit/KEY/ringing"
    assert parse_qsl(target.query, True) == [("ext", EXTENSION), ("n", number)]


async def test_notify_script_does_not_wait_for_an_answer() -> None:
    answered = asyncio.Event()

    async def when_unblocked() -> None:
        await answered.wait()

    async with server(when_unblocked) as (url, targets):
        assert await run(str(SCRIPT), url, "ended", EXTENSION) == 0
        await until(lambda: targets, what="the request")
        assert not answered.is_set()
        answered.set()


async def test_notify_script_with_too_few_arguments_exits_with_2() -> None:
    assert await run(str(SCRIPT), "http://localhost/hit/KEY") == 2


@pytest.mark.parametrize("number", ["08999998001", "eva@pbx.example.de", "+498999998001"])
@pytest.mark.parametrize("appended", [' "{}"', " {}"])
async def test_lines_for_microsip_run_as_pasted(number: str, appended: str) -> None:
    """An `@` in the number does not have curl read a file of that name."""
    async with server(at_once) as (url, targets):
        lines = device_urls(load_all()["microsip"], url, EXTENSION).items
        for line in lines:
            name, _, command = line.text.partition("=")
            assert name == line.label
            assert await run(*windows_arguments(command + appended.format(number))) == 0
        assert [urlsplit(target).path for target in targets] == [
            f"/hit/KEY/{line.label}" for line in lines
        ]
        for target in targets:
            assert parse_qsl(urlsplit(target).query) == [("ext", "21"), ("number", f" {number}")]


def windows_arguments(command: str) -> list[str]:
    """The arguments as the C runtime of Windows splits a line without backslashes."""
    arguments, quoted = [""], False
    for sign in command:
        if sign == '"':
            quoted = not quoted
        elif sign == " " and not quoted:
            arguments.append("")
        else:
            arguments[-1] += sign
    return [argument for argument in arguments if argument]


async def test_notify_script_sends_a_call_id() -> None:
    async with server(at_once) as (url, targets):
        assert await run(str(SCRIPT), url, "ringing", EXTENSION, "08999998001", "a b&c") == 0
        await until(lambda: targets, what="the request")
    pairs = [("ext", EXTENSION), ("n", "08999998001"), ("call_id", "a b&c")]
    assert parse_qsl(urlsplit(targets[0]).query) == pairs
