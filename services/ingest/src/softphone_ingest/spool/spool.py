"""Has what ingest observes on a disk before a phone is answered: the broker's, or else this one's.

While the broker can't confirm in time, observations line up in a file of this process and follow
in order; as long as one waits there, the next line up behind it. While the last that wait are sent
the next wait for that instead, or else a line of which some always wait would never end.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TypeVar

from softphone_common.bus.bus import Bus
from softphone_common.bus.envelope import Envelope, pack
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.contracts.events import CallObserved
from softphone_common.process import metrics
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.clock import Clock
from softphone_common.process.errors import StartError, UnavailableError
from softphone_common.process.telemetry import log
from softphone_ingest.settings import IngestSettings
from softphone_ingest.spool.file import SpoolFile, Waiting

_BATCH = 100
_PAUSE_SECONDS = 0.5
_LOOK_SECONDS = 5.0

T = TypeVar("T")


class Spool:
    """The way of observations onto the bus. A resource of `service.run`.

    Several processes may share the folder: each has a file of its own, and takes up what one that
    is no more has left.
    """

    name = "spool"

    def __init__(self, bus: Bus, clock: Clock, settings: IngestSettings) -> None:
        self._bus = bus
        self._clock = clock
        self._folder = settings.spool_dir
        self._bytes_max = settings.spool_max
        self._patience = settings.spool_after_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._own: SpoolFile
        self._passed_over: set[Path] = set()
        self._added = 0
        self._lined_up = False
        self._may_line_up = asyncio.Event()
        self._may_line_up.set()
        self._refusal = ""
        self._adding: list[tuple[list[Envelope], asyncio.Future[None]]] = []
        self._to_write = asyncio.Event()
        self._news = asyncio.Event()
        self.task = BackgroundTask(self._work, "spool")

    @property
    def essential(self) -> bool:
        """What waits is no trouble; that no more can wait is the end of taking hits."""
        return bool(self._refusal)

    async def publish(self, *observed: CallObserved) -> None:
        """Returns when the broker, or else the spool, has every one on disk. A queue may get one
        twice. Raises UnavailableError where neither takes them."""
        envelopes = [pack(message, self._bus.service) for message in observed]
        try:
            async with asyncio.timeout(self._patience):
                await self._may_line_up.wait()
                if not self._lined_up and self._bus.is_connected:
                    await self._send(envelopes)
                    return
        except (UnavailableError, TimeoutError) as error:
            log.warning("the broker takes none", error=str(error) or "too slow")
        await self._add(envelopes)

    async def start(self) -> None:
        """Takes a file and begins to empty it. Raises StartError if the folder is of no use."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._own = await self._in_thread(self._take_one)
        except (OSError, UnavailableError) as error:
            why = f"SOFTPHONE_SPOOL_DIR: {self._folder} must be a folder to write to: {error}"
            raise StartError(why) from error
        self._lined_up = True  # until it is found empty
        self.task.start()

    async def ping(self) -> None:
        """Raises UnavailableError if anything waits, saying how much and how long."""
        if self._refusal:
            raise UnavailableError(self.name, self._refusal)
        waiting = await self._in_thread(self._own.waiting)
        if waiting.since is not None:
            raise UnavailableError(
                self.name, f"{waiting.depth} wait, the first for {self._age(waiting):.0f} s"
            )

    async def stop(self) -> None:
        """What waits is sent after the next start."""
        if self.task.running is not None:
            await self.task.stop()
            await self._in_thread(self._own.close)
        self._thread.shutdown()

    async def _send(self, envelopes: list[Envelope]) -> None:
        sends = (self._bus.publish_envelope(EXCHANGE, envelope) for envelope in envelopes)
        for failure in await asyncio.gather(*sends, return_exceptions=True):
            if failure is not None:
                raise failure
        metrics.PUBLISHED.labels(CallObserved.type).inc(len(envelopes))

    async def _add(self, envelopes: list[Envelope]) -> None:
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._added += 1
        self._lined_up = True
        self._adding.append((envelopes, written))
        self._to_write.set()
        await written
        self._news.set()

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as both:
            both.create_task(self._write())
            both.create_task(self._carry())

    async def _write(self) -> None:
        """Each write to the disk takes all that came while the last one was under way."""
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            adding, self._adding = self._adding, []
            envelopes = [envelope for some, _ in adding for envelope in some]
            try:
                await self._in_thread(self._own.add, envelopes, self._clock())
            except UnavailableError as error:
                log.error("the spool takes none", error=str(error))
                self._refusal = str(error)
                _settle(adding, error)
            else:
                metrics.HITS_SPOOLED.inc(len(adding))
                self._refusal = ""
                _settle(adding, None)
            self._measure(await self._in_thread(self._own.waiting))

    async def _carry(self) -> None:
        while True:
            try:
                try:
                    await self._empty(self._own)
                finally:
                    self._may_line_up.set()
                for path in await self._in_thread(self._others):
                    await self._take_over(path)
            except UnavailableError as error:
                log.info("the spool waits", error=str(error))
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._news.wait()
                self._news.clear()

    async def _take_over(self, path: Path) -> None:
        """Empties what a process left that is no more, if it can be read: others wait behind it."""
        try:
            left = await self._in_thread(SpoolFile.take, path, self._bytes_max)
            if left is not None:
                try:
                    await self._empty(left)
                finally:
                    await self._in_thread(left.close)
        except UnavailableError as error:
            if error.resource != self.name:
                raise
            self._pass_over(path, error)
        else:
            self._passed_over.discard(path)

    def _pass_over(self, path: Path, error: UnavailableError) -> None:
        """It is tried again at every look, and told of once."""
        if path not in self._passed_over:
            self._passed_over.add(path)
            log.error("what waits in a file can't be had", path=str(path), error=str(error))

    async def _empty(self, file: SpoolFile) -> None:
        """Sends all of it in order, and what is added meanwhile."""
        while True:
            added = self._added
            self._measure(await self._in_thread(self._own.waiting))
            waiting = await self._in_thread(file.first, _BATCH)
            if not waiting:
                break
            envelopes = [envelope for _, envelope in waiting]
            await self._send(envelopes[:1])  # the first asks whether the broker takes any again
            if file is self._own and len(waiting) < _BATCH:
                self._may_line_up.clear()
            await self._send(envelopes[1:])
            await self._in_thread(file.remove, waiting[-1][0])
        if file is self._own and added == self._added:
            self._lined_up = False
            self._refusal = ""
        await self._in_thread(file.remove, 0)  # what a full disk has kept

    def _measure(self, waiting: Waiting) -> None:
        metrics.SPOOL_DEPTH.set(waiting.depth)
        metrics.SPOOL_AGE.set(self._age(waiting))

    def _age(self, waiting: Waiting) -> float:
        return 0 if waiting.since is None else (self._clock() - waiting.since).total_seconds()

    def _take_one(self) -> SpoolFile:
        """The first that is nobody's and can be opened. Raises UnavailableError if none can be
        made."""
        for path in map(self._path, count()):
            was_there = path.exists()
            try:
                file = SpoolFile.take(path, self._bytes_max)
            except UnavailableError as error:
                if not was_there:
                    raise
                self._pass_over(path, error)
            else:
                if file is not None:
                    return file
        raise AssertionError("numbers have no end")

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.sqlite"

    def _others(self) -> list[Path]:
        return [path for path in self._folder.glob("*.sqlite") if path != self._own.path]

    async def _in_thread(self, work: Callable[..., T], *args: object) -> T:
        """One thread does it all, one after another."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)


def _settle(
    adding: list[tuple[list[Envelope], asyncio.Future[None]]], error: UnavailableError | None
) -> None:
    for _, written in adding:
        if written.done():  # whoever waited has gone
            continue
        if error is None:
            written.set_result(None)
        else:
            written.set_exception(error)
