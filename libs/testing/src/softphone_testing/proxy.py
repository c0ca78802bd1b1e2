"""A way to a server that can be cut and frozen, so that the server itself need not be disturbed."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from softphone_testing.servers.ports import HOST, free_port

CHUNK_BYTES = 65_536


class Proxy:
    """Passes bytes between its own port and a server's; `url` is the server's through it.

    Cut, it refuses connections and resets those it had, as a server does that has died. Frozen, it
    accepts connections and passes nothing either way, as a server does that hangs. Stopped at a
    text, it passes no more of whoever says that, and everything else.
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
        self._stop_text = b""
        self._passing = asyncio.Event()
        self._passing.set()
        self._delay = 0.0
        self._listening: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()
        self._held: dict[asyncio.StreamWriter, bytearray] = {}

    async def start(self) -> None:
        """Lets connections in, after a cut too."""
        if self._listening is None:
            self._listening = await asyncio.start_server(self._connect, HOST, self._port)

    async def cut(self) -> None:
        """Returns when no connection is left."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def freeze(self) -> None:
        self._open.clear()

    def thaw(self) -> None:
        """What waited is passed on."""
        self._open.set()
        self._passing.set()

    def stop_at(self, text: str) -> None:
        """Whoever says this is heard no further, this included, until the thaw."""
        self._stop_text = text.encode()
        self._passing.clear()

    def slow(self, seconds: float) -> None:
        """Whatever is said comes so late, either way; 0: no more."""
        self._delay = seconds

    def holds(self, text: str) -> int:
        """How often it has read this text and not passed it on yet."""
        return sum(held.count(text.encode()) for held in self._held.values())

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        assert line is not None
        if self._listening is None:  # it was let in at the moment of the cut
            writer.transport.abort()
            return
        self._lines.add(line)
        writers = [writer]
        try:
            there, far = await asyncio.open_connection(*self._server)
            writers.append(far)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, far))
                both.create_task(self._pass(there, writer))
        except* OSError:
            pass  # one side is gone; the other is told below
        except* asyncio.CancelledError:
            pass  # it was cut
        finally:
            self._lines.discard(line)
            for end in writers:
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held = self._held[writer] = bytearray()
        news = asyncio.Event()

        async def pass_on() -> None:
            while held or not reader.at_eof():
                await news.wait()
                await asyncio.sleep(self._delay)  # the length of the way, not a pause in a test
                await self._open.wait()
                if self._stop_text and self._stop_text in held:
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
                news.set()  # of the end
        finally:
            del self._held[writer]
