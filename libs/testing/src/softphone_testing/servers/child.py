"""One child process with its log and its end; never signals anything it did not start."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")
LOG_LIMIT_BYTES = 10_000_000
TAIL_LINES = 15
POLL_SECONDS = 0.05
PROBE_SECONDS = 5.0


class ServerError(Exception):
    """A server could not be started or kept running; the text says what to do next."""


class ProgramMissingError(ServerError):
    """The server's program is neither on this machine nor installable."""


class Child:
    """A program in its own session, ended with everything it left in its process group.

    The kernel kills it when the *thread* that called `start` ends, however that happens, so
    `start` belongs in a thread that lives as long as the child should: the event loop's.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str],
        held_files: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = list(command)
        self._folder = folder
        self._env = dict(env)
        self._held_files = tuple(held_files)
        self._process: asyncio.subprocess.Process | None = None
        self._burial: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, also the group's, or None before the start."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        if self.running:
            return
        log = self._open_log()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(DIE_WITH_PARENT), str(os.getpid())),
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=self._env,
                start_new_session=True,
                pass_fds=self._held_files,
            )
        finally:
            os.close(log)
        self._burial = asyncio.create_task(self._bury(self._process))

    def _open_log(self) -> int:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def wait_ready(
        self, probe: Callable[[], Awaitable[bool]], deadline_seconds: float
    ) -> None:
        """Return when `probe` says True; raise ServerError when the child ends or time is up."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline_seconds
        while loop.time() < end:
            ready = False
            with suppress(TimeoutError, OSError, EOFError):
                async with asyncio.timeout_at(min(end, loop.time() + PROBE_SECONDS)):
                    ready = await probe()
            # Asked after the probe: a foreign server on the same port is not this child.
            if not self.running:
                raise ServerError(f"{self.name} ended while starting. {self._last_words()}")
            if ready:
                return
            await asyncio.sleep(POLL_SECONDS)
        raise ServerError(
            f"{self.name} was not ready within {deadline_seconds:.0f} s. {self._last_words()}"
        )

    def _last_words(self) -> str:
        code = self._process.returncode if self._process else None
        with suppress(OSError):
            text = self.log.read_text(errors="replace")[-20_000:]
            plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
            tail = "\n  ".join(plain.splitlines()[-TAIL_LINES:])
            return f"Exit code {code}; the end of {self.log}:\n  {tail}"
        return f"Exit code {code}; no log at {self.log}"

    async def stop(self, grace_seconds: float = 10.0) -> None:
        """Ask it to end, make it end after the grace, and leave nothing of its group behind."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)  # a paused process would not hear the request
        if self._process is not None and self.running:
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_seconds):
                    await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        """SIGKILL to the whole group; returns when the process is reaped."""
        self._signal(signal.SIGKILL)
        if self._burial is not None:
            await asyncio.shield(self._burial)

    async def _bury(self, process: asyncio.subprocess.Process) -> None:
        """Wait for its end, then end what it started and left in its group.

        At once and not in `stop`: as long as a member lives the group's number is the group's, but
        an empty group's number is free for anybody.
        """
        await process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.running:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
