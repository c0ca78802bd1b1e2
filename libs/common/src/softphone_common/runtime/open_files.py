"""Raises the limit of open files of this process to the connections it may have."""

import resource
from contextlib import suppress

from softphone_common.process.telemetry import log

_RESERVED = 256
"""Open files that are not client connections: to the servers, of logs and of data."""


def allow(connections: int) -> bool:
    """Raises RLIMIT_NOFILE if it is too low; logs a warning and returns False if it stays so.

    With fewer open files than connections, clients could use up all of them, and the process could
    then neither open a file nor reach a server.
    """
    needed = connections + _RESERVED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not _is_enough(soft, needed):
        new_soft = needed if _is_enough(hard, needed) else hard
        # macOS refuses values above its own kernel limit, which getrlimit does not report.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (new_soft, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not _is_enough(soft, needed):
        log.warning("fewer open files than SOFTPHONE_CONNECTIONS_MAX needs", open_files=soft)
    return _is_enough(soft, needed)


def _is_enough(limit: int, needed: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= needed
