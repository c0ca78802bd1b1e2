"""Free ports on loopback for servers that keep their port over restarts."""

import random
import socket

HOST = "127.0.0.1"
# Below Linux's ephemeral ports (net.ipv4.ip_local_port_range, from 32768 on). In that range a
# client that retries the port of a stopped server can get this port as its own and connect to
# itself (TCP simultaneous open); the server then cannot bind the port again.
FIRST, LAST = 15_000, 32_000
ATTEMPTS = 200
# Ports this process has handed out. Their servers may not listen yet, so the ports look free.
_handed_out: set[int] = set()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Servers set this option too; without it connections in TIME_WAIT make the port look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nothing listens on. Raises OSError if none is found."""
    for _ in range(ATTEMPTS):
        port = random.randint(FIRST, LAST)
        if port not in _handed_out and is_free(port):
            _handed_out.add(port)
            return port
    raise OSError(f"no free port found between {FIRST} and {LAST} on {HOST}")
