"""Puts observations on a disk before a phone is answered: the broker's, else this machine's.

While the broker does not confirm in time, observations line up in a file of this process and are
sent in order once it does. `line.py` has the states of that line and the reasons for them.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from softphone_common.bus.envelope import Envelope, pack
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.contracts.events import CallObserved
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.clock import Clock
from softphone_common.process.errors import StartError, UnavailableError
from softphone_common.process.metrics import PUBLISHED
from softphone_common.process.telemetry import log
from softphone_ingest import metrics
from softphone_ingest.spool.file import SpoolFile, Waiting
from softphone_ingest.spool.folder import SpoolFolder
from softphone_ingest.spool.line import Line, State

_BATCH = 100
_PAUSE_SECONDS = 0.5
_LOOK_SECONDS = 5.0

T = TypeVar("T")


class EnvelopeSender(Protocol):
    """The bus, as far as the spool needs it."""

    @property
    def service(self) -> str: ...
    @property
    def is_connected(self) -> bool: ...

    async def publish_envelope(self, exchange: str, envelope: Envelope) -> None:
        """Returns when the broker has the message on disk. Raises UnavailableError if not."""
        ...


class Spool:
    """Publishes observations, at least once each. A resource of the service."""

    name = "spool"

    def __init__(
        self, bus: EnvelopeSender, clock: Clock, folder: SpoolFolder, patience_seconds: float
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._folder = folder
        self._patience = patience_seconds
        # one thread, because SQLite's writes must come one after another in the order of arrival
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._own: SpoolFile
        self._line = Line()
        self._unwritten: list[tuple[list[Envelope], asyncio.Future[None]]] = []
        self._to_write = asyncio.Event()
        self._news = asyncio.Event()
        self.task = BackgroundTask(self._work, "spool")

    @property
    def essential(self) -> bool:
        """Whether hits are refused: messages that merely wait do no harm to readiness."""
        return bool(self._line.refusal)

    @property
    def state(self) -> State:
        """The state of this process's line."""
        return self._line.state

    async def publish(self, *messages: CallObserved) -> None:
        """Returns when the broker has every message on disk, or the file if the broker fails.

        A queue may get a message twice. Raises UnavailableError if the disk refuses them too.
        """
        envelopes = [pack(message, self._bus.service) for message in messages]
        for message in messages:
            metrics.OBSERVED.labels(message.observation.phase).inc()
        try:
            async with asyncio.timeout(self._patience):
                await self._line.settled()
                if self._line.state is State.DIRECT and self._bus.is_connected:
                    await self._send(envelopes)
                    return
        except (UnavailableError, TimeoutError) as error:
            why = str(error) or "broker too slow"
            for envelope in envelopes:
                log.warning("observation goes to the spool", error=why, **envelope.log_ids)
        await self._line_up(envelopes)

    async def start(self) -> None:
        """Takes a file and begins to empty it. Raises StartError if the folder can't be used."""
        try:
            self._own = await self._in_thread(self._folder.take_own)
        except (OSError, UnavailableError) as error:
            path = self._folder.path
            why = f"SOFTPHONE_SPOOL_DIR: {path} must be a folder to write to: {error}"
            raise StartError(why) from error
        self.task.start()

    async def ping(self) -> None:
        """Raises UnavailableError if messages wait, with their number and age."""
        if self._line.refusal:
            raise UnavailableError(self.name, self._line.refusal)
        waiting = await self._in_thread(self._own.waiting)
        if waiting.since is not None:
            raise UnavailableError(
                self.name, f"{waiting.depth} wait, the first for {self._age(waiting):.0f} s"
            )

    async def stop(self) -> None:
        """Closes the file; messages in it are sent after the next start."""
        if self.task.running is not None:
            await self.task.stop()
            await self._in_thread(self._own.close)
        self._thread.shutdown()

    async def _send(self, envelopes: Sequence[Envelope]) -> None:
        sends = (self._bus.publish_envelope(EXCHANGE, envelope) for envelope in envelopes)
        # all are awaited even if one fails, so that no message of this batch is under way any more
        # when the next try begins
        for failure in await asyncio.gather(*sends, return_exceptions=True):
            if failure is not None:
                raise failure
        PUBLISHED.labels(CallObserved.type).inc(len(envelopes))

    async def _line_up(self, envelopes: list[Envelope]) -> None:
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.join()
        self._unwritten.append((envelopes, written))
        self._to_write.set()
        await written
        self._news.set()

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as both:
            both.create_task(self._write())
            both.create_task(self._drain())

    async def _write(self) -> None:
        """Writes to the file; each write takes all that came while the last one was under way.

        With an fsync for each hit, a disk that needs 5 ms for one would take 200 hits in a second.
        """
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            batch, self._unwritten = self._unwritten, []
            envelopes = [envelope for some, _ in batch for envelope in some]
            try:
                await self._in_thread(self._own.add, envelopes, self._clock())
            except UnavailableError as error:
                log.error("the spool refuses observations", error=str(error))
                self._line.refused(str(error))
                _settle(batch, error)
            else:
                metrics.HITS_SPOOLED.inc(len(batch))
                self._line.written()
                _settle(batch, None)

    async def _drain(self) -> None:
        """Empties the own file first, then those of processes that have died."""
        while True:
            try:
                try:
                    await self._empty(self._own)
                finally:
                    self._line.resume()
                for path in await self._in_thread(self._folder.others, self._own):
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
        """Empties the file of a process that has died.

        A file that can't be read is passed over, because other files wait behind it.
        """
        try:
            file = await self._in_thread(self._folder.take, path)
            if file is not None:
                try:
                    await self._empty(file)
                finally:
                    await self._in_thread(file.close)
        except UnavailableError as error:
            if error.resource != self.name:  # the broker's fault, not the file's
                raise
            self._folder.pass_over(path, error)
        else:
            self._folder.read(path)

    async def _empty(self, file: SpoolFile) -> None:
        """Sends all of a file in order, with what is added meanwhile."""
        while True:
            joined = self._line.joined
            rows = await self._in_thread(file.first, _BATCH)
            if not rows:
                break
            envelopes = [envelope for _, envelope in rows]
            # The first one alone finds out whether the broker takes any again. Only then new hits
            # are made to wait for the last batch: while the broker is away they must not.
            await self._send(envelopes[:1])
            if file is self._own and len(rows) < _BATCH:
                self._line.finish()
            await self._send(envelopes[1:])
            # Removed after the broker has confirmed: a crash in between sends a batch twice, which
            # consumers do not notice. The other order would lose it.
            await self._in_thread(file.remove, rows[-1][0])
        if file is self._own:
            self._line.emptied(joined)
        await self._in_thread(file.remove, 0)  # what a full disk could not forget before

    async def depth(self) -> int:
        """The observations that wait on the disk. Raises UnavailableError if it can't be read."""
        return (await self._in_thread(self._own.waiting)).depth

    async def size(self) -> float:
        """The bytes they take on the disk. Raises UnavailableError if it can't be read."""
        return await self._in_thread(self._own.size)

    async def age(self) -> float:
        """Seconds the first of them has waited. Raises UnavailableError if it can't be read."""
        return self._age(await self._in_thread(self._own.waiting))

    def _age(self, waiting: Waiting) -> float:
        return 0 if waiting.since is None else (self._clock() - waiting.since).total_seconds()

    async def _in_thread(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)


def _settle(
    batch: Sequence[tuple[list[Envelope], asyncio.Future[None]]], error: UnavailableError | None
) -> None:
    for _, written in batch:
        if written.done():  # the phone has hung up on its request
            continue
        if error is None:
            written.set_result(None)
        else:
            written.set_exception(error)
