"""An event loop that decides by a seed which callback runs next, and when time passes.

Asyncio promises no order between tasks that wait for different things, so any ready callback may be
the next. Nothing here reads a clock or waits: one seed gives one sequence of events.
"""

import asyncio
import heapq
from asyncio import events
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Executor
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any, TypeVar, TypeVarTuple, Unpack
from zlib import crc32

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
_TaskBody = Generator[Any, None, T] | Coroutine[Any, Any, T]

_HASTE = 0.02
"""How often time passes although callbacks are ready, as on a machine that is busy."""
_STEPS_MAX = 400_000
_CLOSINGS = 4


class Process:
    """A process, whose tasks run in a context that names it. Once it is killed, none of its
    callbacks runs any more, not even the `finally` of a coroutine."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_alive = True


PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class LivelockError(Exception):
    """The run did not come to an end."""


class SimulationLoop(asyncio.AbstractEventLoop):
    """Runs callbacks in an order of its own. `digest` sums up the order, to compare two runs."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.steps = 0
        self.digest = 0
        self._now = 0.0
        self._ready: list[tuple[asyncio.Handle, Process | None]] = []
        self._timers: list[tuple[float, int, asyncio.TimerHandle, Process | None]] = []
        self._timer_count = 0
        self._is_running = False
        self._doomed: dict[Process, tuple[int, Callable[[], None]]] = {}
        # a task that nobody refers to is collected, and its `finally` would run in a dead process
        self._tasks: list[asyncio.Task[Any]] = []

    def time(self) -> float:
        return self._now

    def call_soon(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        context = context or copy_context()
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append((handle, context.get(PROCESS)))
        return handle

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        context = context or copy_context()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._timer_count += 1
        heapq.heappush(self._timers, (when, self._timer_count, handle, context.get(PROCESS)))
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: _TaskBody[T], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[T]:
        task: asyncio.Task[T] = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks.append(task)
        return task

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Runs the function as one step of this thread, some time later."""
        future: asyncio.Future[T] = self.create_future()

        def run() -> None:
            if future.cancelled():
                return
            try:
                result = func(*args)
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        self.call_soon(run)
        return future

    def run_until_complete(self, future: Any) -> Any:
        """Runs until the task is done. Raises LivelockError if it never is."""
        self._is_running = True
        before = events._get_running_loop()
        events._set_running_loop(self)
        try:
            task = self.create_task(future) if asyncio.iscoroutine(future) else future
            while not task.done():
                self._step()
            return task.result()
        finally:
            events._set_running_loop(before)
            self._is_running = False

    def close(self) -> None:
        """Ends all tasks, those of killed processes too, when their effects no longer matter."""
        events._set_running_loop(self)
        try:
            for _ in range(_CLOSINGS):
                for task in self._tasks:
                    # a `finally` that waits ignores the first attempt
                    with suppress(Exception):
                        task.get_coro().close()
        finally:
            events._set_running_loop(None)
            self._ready.clear()
            self._timers.clear()
            self._tasks.clear()

    def doom(self, process: Process, steps: int, kill: Callable[[], None]) -> None:
        """Calls `kill` instead of running the process's next step but `steps`, which is between
        two awaits of whatever it does then."""
        self._doomed[process] = (steps, kill)

    def is_running(self) -> bool:
        return self._is_running

    def is_closed(self) -> bool:
        return False

    def get_debug(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Ignores what asyncio reports when it collects the tasks of a killed process."""

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Asyncio calls it for each timer that is cancelled; the timer is dropped when due."""

    def _step(self) -> None:
        self.steps += 1
        if self.steps > _STEPS_MAX:
            raise LivelockError(f"{self.steps} steps, and no end")
        if not self._ready or (self._timers and self.random.random() < _HASTE):
            self._pass_time()
        if not self._ready:
            return
        index = self.random.randrange(len(self._ready))
        handle, process = self._ready[index]
        self._ready[index] = self._ready[-1]
        self._ready.pop()
        self.digest = crc32(b"%d %d" % (index, len(self._ready)), self.digest)
        if process is not None and process in self._doomed and not handle.cancelled():
            self._approach_doom(process)
        if not handle.cancelled() and (process is None or process.is_alive):
            handle._run()

    def _approach_doom(self, process: Process) -> None:
        steps, kill = self._doomed.pop(process)
        if steps > 0:
            self._doomed[process] = (steps - 1, kill)
        else:
            kill()

    def _pass_time(self) -> None:
        """Goes to the next timer, and makes all ready that are due then."""
        if not self._timers:
            raise LivelockError("everything waits, and no timer runs")
        self._now = max(self._now, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._now:
            _, _, handle, process = heapq.heappop(self._timers)
            if not handle.cancelled():
                self._ready.append((handle, process))
