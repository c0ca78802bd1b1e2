"""A TCP proxy with faults: tests cut, freeze and slow the way to a server, not the server."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from softphone_testing.servers.ports import HOST, free_port

CHUNK_BYTES = 65_536


class FaultProxy:
    """Passes bytes between its own port and a server's; `url` is the server's through it.

    After `cut` it refuses connections and resets the open ones, like a server that has died. After
    `freeze` it accepts connections and passes nothing either way, like a server that hangs. After
    `lose` the open connections pass nothing any more, and new ones everything. After `stop_at` it
    holds back one direction of each connection from one of these texts on.
    """

    def __init__(self, server_url: str) -> None:
        parts = urlsplit(server_url)
        assert parts.hostname
        assert parts.port
        self._server = (parts.hostname, parts.port)
        self._port = free_port()
        credentials, at, _ = parts.netloc.rpartition("@")
        self.url = parts._replace(netloc=f"{credentials}{at}{HOST}:{self._port}").geturl()
        self._open = asyncio.Event()
        self._open.set()
        self._stop_texts: tuple[bytes, ...] = ()
        self._passing = asyncio.Event()
        self._passing.set()
        self._delay = 0.0
        self._listening: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._held: dict[asyncio.StreamWriter, bytearray] = {}

    async def start(self) -> None:
        """Accepts connections, for the first time or after a cut."""
        if self._listening is None:
            self._listening = await asyncio.start_server(self._connect, HOST, self._port)

    async def cut(self) -> None:
        """Refuses new connections and resets all open ones before it returns."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def freeze(self) -> None:
        self._open.clear()

    def lose(self) -> None:
        """Passes nothing on the open connections, for ever, as a NAT that forgot them."""
        self._open.clear()
        self._open = asyncio.Event()
        self._open.set()

    def thaw(self) -> None:
        """Passes on the bytes that were held back."""
        self._open.set()
        self._passing.set()

    def stop_at(self, *texts: str) -> None:
        """Holds back a direction once it contains one of these texts, included, until `thaw`."""
        self._stop_texts = tuple(text.encode() for text in texts)
        self._passing.clear()

    def slow(self, seconds: float) -> None:
        """Delays all bytes in both directions by this number of seconds; 0 ends the delay."""
        self._delay = seconds

    def holds(self, text: str) -> int:
        """How often the bytes that are held back contain this text."""
        return sum(held.count(text.encode()) for held in self._held.values())

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        if self._listening is None:  # accepted by the kernel just before the cut
            writer.transport.abort()
            return
        self._connections.add(connection)
        writers = [writer]
        try:
            server_reader, server_writer = await asyncio.open_connection(*self._server)
            writers.append(server_writer)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, server_writer))
                both.create_task(self._pass(server_reader, writer))
        except* OSError:
            pass  # one side is gone; the other side is reset below
        except* asyncio.CancelledError:
            pass  # `cut` cancelled this connection
        finally:
            self._connections.discard(connection)
            for open_writer in writers:
                open_writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held = self._held[writer] = bytearray()
        news = asyncio.Event()
        is_open = self._open

        async def pass_on() -> None:
            while held or not reader.at_eof():
                await news.wait()
                await asyncio.sleep(self._delay)
                await is_open.wait()
                if any(text in held for text in self._stop_texts):
                    await self._passing.wait()
                news.clear()
                writer.write(bytes(held))
                held.clear()
                await writer.drain()
            with suppress(OSError):
                writer.write_eof()

        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(pass_on())
                while chunk := await reader.read(CHUNK_BYTES):
                    held += chunk
                    news.set()
                news.set()  # lets `pass_on` see the end of the stream
        finally:
            del self._held[writer]
