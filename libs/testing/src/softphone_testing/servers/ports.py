"""Free ports on loopback for servers that come back to them; refuses the range clients use."""

import random
import socket

HOST = "127.0.0.1"
# Below the range the kernel takes clients' own ports from: a client that keeps trying a stopped
# server's port there can end up connected to itself, and the server never gets its port back.
FIRST, LAST = 15_000, 32_000
ATTEMPTS = 200
# What this process was given and may not listen on yet: nobody else in it gets that too.
_given: set[int] = set()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do, so that connections in TIME_WAIT do not make the port look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody listens on; OSError when none was found."""
    for _ in range(ATTEMPTS):
        port = random.randint(FIRST, LAST)
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    raise OSError(f"no free port found between {FIRST} and {LAST} on {HOST}")
