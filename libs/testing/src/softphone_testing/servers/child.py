"""A child process with a log, which ends with everything it started and with its parent."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")
LOG_LIMIT_BYTES = 10_000_000
TAIL_LINES = 15
POLL_SECONDS = 0.05
PROBE_SECONDS = 5.0


class ServerError(Exception):
    """A server could not be started or kept running. The text says what to do next."""


class ProgramMissingError(ServerError):
    """The program of a server is not on this machine and cannot be installed."""


class Child:
    """A program in a session of its own. When it ends, the rest of its process group is killed.

    On Linux the kernel kills it when the *thread* that called `start` ends (PR_SET_PDEATHSIG), so
    call `start` in a thread that lives as long as the child: the thread of the event loop.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str],
        inherited_files: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = list(command)
        self._folder = folder
        self._env = dict(env)
        self._inherited_files = tuple(inherited_files)
        self._process: asyncio.subprocess.Process | None = None
        self._reaper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The id of the process and of its group, or None before the start."""
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
                pass_fds=self._inherited_files,
            )
        finally:
            os.close(log)
        self._reaper = asyncio.create_task(self._reap(self._process))

    def _open_log(self) -> int:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def wait_ready(
        self, probe: Callable[[], Awaitable[bool]], deadline_seconds: float
    ) -> None:
        """Returns when `probe` is true. Raises ServerError if the child ends or is too slow."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline_seconds
        while loop.time() < end:
            ready = False
            with suppress(TimeoutError, OSError, EOFError):
                async with asyncio.timeout_at(min(end, loop.time() + PROBE_SECONDS)):
                    ready = await probe()
            # Checked after the probe: if the child has ended, another server on its port answered.
            if not self.running:
                raise ServerError(f"{self.name} ended while starting. {self._log_tail()}")
            if ready:
                return
            await asyncio.sleep(POLL_SECONDS)
        raise ServerError(
            f"{self.name} was not ready within {deadline_seconds:.0f} s. {self._log_tail()}"
        )

    async def wait_answers(self, url: str, deadline_seconds: float) -> None:
        """Returns when a GET of this address is answered with 200. Raises as `wait_ready`."""
        async with httpx.AsyncClient(trust_env=False) as client:

            async def is_answered() -> bool:
                with suppress(httpx.TransportError):
                    return (await client.get(url)).status_code == 200
                return False

            await self.wait_ready(is_answered, deadline_seconds)

    def _log_tail(self) -> str:
        code = self._process.returncode if self._process else None
        with suppress(OSError):
            text = self.log.read_text(errors="replace")[-20_000:]
            plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
            tail = "\n  ".join(plain.splitlines()[-TAIL_LINES:])
            return f"Exit code {code}; the end of {self.log}:\n  {tail}"
        return f"Exit code {code}; no log at {self.log}"

    async def stop(self, grace_seconds: float = 10.0) -> None:
        """Sends SIGTERM, and after the grace SIGKILL. No process of the group is left."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)  # a paused process handles no SIGTERM
        if self._process is not None and self.running:
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_seconds):
                    await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        """Sends SIGKILL to the group and returns when the process has been reaped."""
        self._signal(signal.SIGKILL)
        if self._reaper is not None:
            await asyncio.shield(self._reaper)

    async def _reap(self, process: asyncio.subprocess.Process) -> None:
        """Waits for the end of the process and kills the rest of its group at once.

        `stop` would be too late: while a member lives, the kernel reuses the id of the group for no
        other process, but the id of an empty group may belong to another one by then.
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
