"""A process ends when all that is ours has ended, whatever somebody else has forgotten."""

import subprocess
import sys

from softphone_testing.until import PATIENCE_SECONDS

FORGETFUL = """
import asyncio, threading
from softphone_common.runtime.runner import finish

async def stay():
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass

async def whole():
    staying = asyncio.create_task(stay())
    threading.Thread(target=threading.Event().wait).start()
    await asyncio.sleep(0)
    print("last words")
    return 3 if not staying.done() else 4

finish(whole())
"""


def test_a_forgotten_task_and_a_forgotten_thread_keep_nobody() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORGETFUL],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "last words\n", "")
