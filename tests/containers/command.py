"""Runs one command of the machine, and shows its output when it fails."""

import asyncio
import os
from collections.abc import Mapping

TAIL_LINES = 40


class CommandFailedError(Exception):
    """A command ended with another code than 0. The text has the end of its output."""


async def run(
    *command: str, environment: Mapping[str, str] | None = None, text: str | None = None
) -> str:
    """The standard output of a command, which reads `text`. Raises CommandFailedError."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **(environment or {})},
        stdin=asyncio.subprocess.DEVNULL if text is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate(None if text is None else text.encode())
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        tail = (output + errors).decode(errors="replace").splitlines()[-TAIL_LINES:]
        lines = "\n".join(tail)
        raise CommandFailedError(f"{' '.join(command)} ended with {process.returncode}:\n{lines}")
    return output.decode()
