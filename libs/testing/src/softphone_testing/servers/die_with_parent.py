"""Becomes another program that dies with its parent; run as a script, never imported."""

# Usage: python die_with_parent.py <parent pid> <program> [argument ...]
# A program of its own because code run between fork and exec is not safe in a process with threads.

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        # The parent died before the leash was on: nobody would ever send the signal.
        sys.exit("the parent process is gone")
    os.umask(0o077)  # what the program writes is for nobody else either
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
