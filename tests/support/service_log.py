"""The log of a service as text."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from softphone_common.process import telemetry


@contextmanager
def service_log(level: str) -> Iterator[io.StringIO]:
    """All that a service whose log has this level writes inside."""
    text, root = io.StringIO(), logging.getLogger()
    before = root.handlers[:], root.level
    telemetry.configure(level, text)
    structlog.configure(cache_logger_on_first_use=False)  # later tests log in their own way
    yield text
    structlog.reset_defaults()
    logging.basicConfig(handlers=before[0], level=before[1], force=True)
