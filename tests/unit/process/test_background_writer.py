"""Items are written in order, and neither a refusal nor a drop costs a later one."""

import asyncio

from softphone_common.process.background_writer import BackgroundWriter
from softphone_testing.until import until


class Server:
    """A server that refuses one item, and answers when the test lets it."""

    def __init__(self, items_max: int = 10) -> None:
        self.answers = asyncio.Event()
        self.batches: list[list[str]] = []
        self.stored: list[str] = []
        self.dropped = 0
        self.writer = BackgroundWriter("items", self._write, self._on_dropped, items_max)

    async def _write(self, batch: list[str]) -> None:
        self.batches.append(batch)
        await self.answers.wait()
        if "refused" in batch:
            raise ValueError
        self.stored += batch

    def _on_dropped(self, count: int) -> None:
        self.dropped += count

    async def begin(self, *items: str) -> None:
        """Starts with these items, whose answer is not there yet."""
        for item in items:
            self.writer.add(item)
        await self.writer.start()
        await until(lambda: self.batches == [[*items]], what="the first batch")


async def test_refused_batch_holds_up_no_later_one() -> None:
    server = Server()
    await server.begin("refused")
    server.writer.add("later")
    server.answers.set()
    await until(lambda: server.stored == ["later"], what="the later item")
    assert server.dropped == 1
    await server.writer.stop()


async def test_items_that_displaced_a_batch_are_written() -> None:
    server = Server(items_max=2)
    await server.begin("first", "second")
    server.writer.add("third")
    server.answers.set()
    await until(lambda: "third" in server.stored, what="the newest item")
    assert server.stored == ["first", "second", "third"]
    assert server.dropped == 1
    await server.writer.stop()


async def test_items_that_wait_are_written_at_the_stop() -> None:
    server = Server()
    await server.begin("first")
    server.writer.add("last")
    server.answers.set()
    await server.writer.stop()
    assert server.stored == ["first", "last"]
