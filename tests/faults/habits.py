"""Phones that send badly: each company of a scenario gets phones with another habit."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from faults.load import Load
from support.tenant.company import Company

PIECE_BYTES = 16
PIECE_SECONDS = 0.05


class SlowLine(httpx.AsyncBaseTransport):
    """Sends a request in small pieces, as a phone on a bad line does."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host, port = request.url.host, request.url.port
        try:
            reader, writer = await asyncio.open_connection(host, port)
            try:
                return await self._send(request, reader, writer)
            finally:
                writer.close()
        except (OSError, asyncio.IncompleteReadError) as error:
            raise httpx.ReadError(str(error), request=request) from error

    async def _send(
        self, request: httpx.Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> httpx.Response:
        host = request.url.netloc.decode()
        text = f"{request.method} {request.url.raw_path.decode()} HTTP/1.1\r\nHost: {host}\r\n\r\n"
        for first in range(0, len(text), PIECE_BYTES):
            writer.write(text[first : first + PIECE_BYTES].encode())
            await writer.drain()
            await asyncio.sleep(PIECE_SECONDS)  # the habit itself
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        return httpx.Response(int(head.split()[1]), content=await reader.readexactly(length))


class Twice(httpx.AsyncBaseTransport):
    """Sends each request twice at the same time; either answer counts."""

    def __init__(self) -> None:
        self._line = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        copy = httpx.Request(request.method, request.url, headers=request.headers)
        answers = await asyncio.gather(*(self._whole(each) for each in (request, copy)))
        return next((answer for answer in answers if answer.status_code == 202), answers[0])

    async def _whole(self, request: httpx.Request) -> httpx.Response:
        answer = await self._line.handle_async_request(request)
        return httpx.Response(answer.status_code, content=await answer.aread())

    async def aclose(self) -> None:
        await self._line.aclose()


class Late(httpx.AsyncBaseTransport):
    """Keeps requests back until `release`, and then sends all of them at once."""

    def __init__(self) -> None:
        self._line = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=None))
        self._released = asyncio.Event()

    def release(self) -> None:
        self._released.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._released.wait()
        return await self._line.handle_async_request(request)

    async def aclose(self) -> None:
        await self._line.aclose()


@asynccontextmanager
async def bad_habits(companies: Sequence[Company], load: Load) -> AsyncIterator[None]:
    """Phones of one company each send slowly, twice, late, and without ids of their calls.

    Calls keep the habit with which they began; late hits arrive at the end of the context.
    """
    slow, twice, late, without_ids, *_ = companies
    lines = {slow.tenant: SlowLine(), twice.tenant: Twice(), late.tenant: (held := Late())}
    async with AsyncExitStack() as stack:
        # closed after the last call only: calls with these lines outlive the fault
        clients = {
            tenant: httpx.AsyncClient(transport=line, timeout=60) for tenant, line in lines.items()
        }
        for client in clients.values():
            load.on_end(client.aclose)
        usual = {company.tenant: company.phone.client for company in companies}
        stack.callback(held.release)
        stack.callback(load.without_ids.discard, without_ids.tenant)
        load.without_ids.add(without_ids.tenant)
        for company in companies:
            company.phone.client = clients.get(company.tenant, company.phone.client)
        try:
            yield
        finally:
            for company in companies:
                company.phone.client = usual[company.tenant]
