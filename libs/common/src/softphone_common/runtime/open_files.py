"""How many files and connections the system lets this process open; opens none itself."""

import resource
from contextlib import suppress

from softphone_common.process.telemetry import log

_OWN = 256
"""Beside connections: of the servers' clients, of logs and data."""


def allow(connections: int) -> bool:
    """Has the system allow so many connections. Where it does not, it says so and gives False.

    Without this a limit on connections means nothing: beyond the system's own no file can be opened
    and no server be reached.
    """
    wanted = connections + _OWN
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not _holds(soft, wanted):
        with suppress(OSError, ValueError):  # some systems have one more limit
            resource.setrlimit(
                resource.RLIMIT_NOFILE, (wanted if _holds(hard, wanted) else hard, hard)
            )
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not _holds(soft, wanted):
        log.warning("fewer connections than SOFTPHONE_CONNECTIONS_MAX", open_files=soft)
    return _holds(soft, wanted)


def _holds(limit: int, wanted: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= wanted
