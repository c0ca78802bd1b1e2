"""A script that becomes another program, which the kernel kills when its parent dies."""

# Usage: python die_with_parent.py <parent pid> <program> [argument ...]
# A script instead of a preexec_fn, because Python code between fork and exec can deadlock in a
# process with threads (documented at subprocess.Popen).

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
        # The parent died before prctl, so the kernel would never send the signal.
        sys.exit("the parent process is gone")
    os.umask(0o077)  # files of the program are readable by this user only
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
