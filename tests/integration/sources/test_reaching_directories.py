"""A directory gets the password over TLS alone, and holds nobody up with its answers."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from softphone_matcher.outbound.client import Credentials
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.outbound.ldap import LdapConnection, LdapSearch, LdapServer
from softphone_testing.servers.ports import HOST
from softphone_testing.until import until
from support.slapd import PASSWORD, PEOPLE, USER, Slapd, people, settings
from support.stack.source_site import ANSWER_BYTES, SourceSite

BOUND = {"credentials": "basic", "credentials_name": USER, "secret": PASSWORD}
SEARCH = LdapSearch(PEOPLE, "(objectClass=person)", ("cn",), 10)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
BOUND_RESPONSE, ENTRY_RESPONSE, EXTENDED_RESPONSE = 0x61, 0x64, 0x78
"""Tags of the messages of a server (RFC 4511, appendix B)."""


def tagged(tag: int, *parts: bytes) -> bytes:
    """An element of BER with these parts, of which there may be up to 65,535 bytes."""
    content = b"".join(parts)
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


def response(request: bytes, tag: int, *parts: bytes) -> bytes:
    """An answer to a request, whose number is repeated."""
    first = 2 + (request[1] & 0x7F if request[1] & 0x80 else 0)
    # ldap3 counts the messages of a process, and numbers above 127 have more than one byte
    end = first + 2 + request[first + 1]
    return tagged(0x30, request[first:end], tagged(tag, *parts))


def result(code: int) -> bytes:
    """The result of an operation, without a text."""
    return bytes([0x0A, 1, code]) + tagged(4) + tagged(4)


async def failure(site: SourceSite) -> tuple[str, str, dict[str, Any]]:
    """The state of the latest run, and the reason."""
    run = await site.latest()
    return run.state, run.code, run.params


@asynccontextmanager
async def stranger(serve: Serve) -> AsyncIterator[int]:
    """The port of a server that answers LDAP in its own way."""

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(closing, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def trusted(site: SourceSite, slapd: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the site trust the certificate of the directory, as an operator does."""
    monkeypatch.setenv("SSL_CERT_FILE", str(slapd.certificate))
    site.permit(also=f"{slapd.hosts},localhost:{slapd.tls_port}")


@pytest.mark.usefixtures("trusted")
async def test_directory_is_read_over_tls(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(3))
    await site.add_source("/whole", **settings(slapd, **BOUND, address=slapd.tls))
    await site.read()
    assert await failure(site) == ("finished", "", {})
    assert len(await site.names()) == 3


async def test_directory_of_no_known_authority_is_refused(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(3))
    await site.add_source("/whole", **settings(slapd, **BOUND, address=slapd.tls))
    await site.read()
    host = {"host": f"{HOST}:{slapd.tls_port}"}
    assert await failure(site) == ("failed", "source-certificate-refused", host)


@pytest.mark.usefixtures("trusted")
async def test_certificate_of_another_host_is_refused(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(3))
    address = f"ldaps://localhost:{slapd.tls_port}"
    await site.add_source("/whole", **settings(slapd, **BOUND, address=address))
    await site.read()
    host = {"host": f"localhost:{slapd.tls_port}"}
    assert await failure(site) == ("failed", "source-certificate-refused", host)


def beyond(port: int, seconds: float = 5) -> LdapConnection:
    """A connection to a port of this machine as if it were that of another one."""
    server = LdapServer(HOST, port, "ldap", is_plain=False)
    user = Credentials("basic", USER, PASSWORD).basic()
    return LdapConnection(server, user, httpx.create_ssl_context(), seconds, ANSWER_BYTES)


@pytest.mark.usefixtures("trusted")
async def test_ldap_to_other_machines_starts_tls(slapd: Slapd) -> None:
    await slapd.start(people(3))
    connection = beyond(slapd.port)
    page = await connection.search(SEARCH)
    await connection.close()
    assert len(page.entries) == 3


async def test_started_tls_needs_a_valid_certificate(slapd: Slapd) -> None:
    await slapd.start(people(3))
    connection = beyond(slapd.port)
    with pytest.raises(SourceError, match="source-certificate-refused"):
        await connection.search(SEARCH)
    await connection.close()


async def test_password_is_not_sent_without_tls() -> None:
    requests: list[bytes] = []

    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(1000):
            requests.append(request)
            writer.write(response(request, EXTENDED_RESPONSE, result(2)))

    async with stranger(refuses) as port:
        connection = beyond(port)
        with pytest.raises(SourceError, match="source-unreachable"):
            await connection.search(SEARCH)
        await connection.close()
    assert requests
    assert not any(PASSWORD.encode() in request for request in requests)


def threads() -> list[str]:
    """The threads of connections that have not ended."""
    names = (thread.name for thread in threading.enumerate())
    return [name for name in names if name.startswith("ldap")]


async def waits(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Keeps its client waiting for the first byte."""
    await reader.read()


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers a byte now and then, so that no single one is late."""
    await reader.read(1000)
    while True:
        writer.write(b"\x30")
        await writer.drain()
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)


async def floods(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers a search with one entry after the other."""
    request = await reader.read(1000)
    writer.write(response(request, BOUND_RESPONSE, result(0)))
    request = await reader.read(1000)
    entry = response(request, ENTRY_RESPONSE, tagged(4, b"cn=" + b"x" * 10_000), tagged(0x30))
    while True:
        writer.write(entry)
        await writer.drain()


async def boasts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with one message that has no end."""
    await reader.read(1000)
    writer.write(bytes.fromhex("30847fffffff"))
    while True:
        writer.write(b"x" * 10_000)
        await writer.drain()


async def babbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers like a server of the web."""
    await reader.read(1000)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nServer: web\r\n\r\n" + b" " * 1000)


@pytest.mark.parametrize(
    ("serve", "state", "code", "params"),
    [
        (waits, "fetching", "source-too-slow", {"limit": 1}),
        (drips, "fetching", "source-too-slow", {"limit": 1}),
        (floods, "failed", "source-too-large", {"limit": ANSWER_BYTES}),
        (boasts, "failed", "source-too-large", {"limit": ANSWER_BYTES}),
        (babbles, "failed", "source-not-ldap", None),
    ],
)
async def test_server_that_is_no_directory_is_given_up(
    site: SourceSite, slapd: Slapd, serve: Serve, state: str, code: str, params: Any
) -> None:
    # a busy machine needs more than a second for the answers that are too large
    seconds = 1 if code == "source-too-slow" else 20
    async with stranger(serve) as port:
        site.permit(also=f"{HOST}:{port}", answer_seconds=seconds)
        await site.add_source("/whole", **settings(slapd, address=f"ldap://{HOST}:{port}"))
        await site.read()
    run = await site.latest()
    assert (run.state, run.code) == (state, code)
    assert run.params == (params or {"host": f"{HOST}:{port}"})
    await until(lambda: not threads(), what="the end of the thread")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("serve", [floods, boasts])
async def test_answers_after_starttls_have_a_limit(slapd: Slapd, serve: Serve) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(slapd.certificate)

    async def starts_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(await reader.read(1000), EXTENDED_RESPONSE, result(0)))
        await writer.start_tls(context)
        await serve(reader, writer)

    async with stranger(starts_tls) as port:
        connection = beyond(port, seconds=20)
        with pytest.raises(SourceError, match="source-too-large"):
            await connection.search(SEARCH)
        await connection.close()


async def test_slow_directory_holds_up_nobody(site: SourceSite, slapd: Slapd) -> None:
    """A process has at most 32 threads for all other work (`asyncio.to_thread`)."""
    async with stranger(waits) as port:
        site.permit(also=f"{HOST}:{port}", answer_seconds=600)
        for n in range(40):
            body = settings(slapd, address=f"ldap://{HOST}:{port}")
            await site.store(body, f"s{n}", f"t{n}")
        workers = [site.reader() for _ in range(10)]
        for worker in workers:
            await worker.take()
        try:
            await until(lambda: len(threads()) == 40, 20, what="40 connections")
            async with asyncio.timeout(20):
                await asyncio.gather(*(asyncio.to_thread(bool) for _ in range(40)))
            assert len(threads()) == 40
        finally:
            for worker in workers:
                await worker.stop()
    await until(lambda: not threads(), what="the end of the threads")
