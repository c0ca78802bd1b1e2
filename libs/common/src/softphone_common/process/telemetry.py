"""JSON logs with ids and masked phone numbers, and trace ids that messages carry on."""

import logging
import re
import secrets
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

import structlog

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")
_NUMBER = re.compile(r"(?<![\w.:-])\+?\d{3,}(\d{4})(?![\w:-])")
_NOISY = (
    "aio_pika",
    "aiormq",
    "arq",
    "uvicorn",
    "pymongo",
    "motor",
    "asyncio",
    "httpx",
    "httpcore",
)
_UNMASKED = frozenset({"timestamp", "level", "service", "trace", "call", "port"})

_trace: ContextVar[str] = ContextVar("trace", default="")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def configure(level: str, stream: TextIO | None = None) -> None:
    """Logs to `stream`, by default standard output, one JSON object per line."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _with_trace,
        mask,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A log processor that masks runs of seven digits or more, except for the last four."""
    for key, value in event.items():
        if isinstance(value, str) and key not in _UNMASKED:
            event[key] = _NUMBER.sub(r"…\1", value)
    return event


def _with_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if trace := _trace.get():
        event["trace"] = trace
    return event


@contextmanager
def tracing(traceparent: str | None = None) -> Iterator[str]:
    """Does the enclosed work in the trace of a W3C `traceparent` header, or in a new trace."""
    match = _TRACEPARENT.match(traceparent or "")
    token = _trace.set(match.group(1) if match else secrets.token_hex(16))
    try:
        yield _trace.get()
    finally:
        _trace.reset(token)


def traceparent() -> str:
    """A W3C `traceparent` header with the current trace, or a new one, and a new span."""
    return f"00-{_trace.get() or secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def bind(**ids: str) -> None:
    """Adds these ids to every later log line of the current context."""
    structlog.contextvars.bind_contextvars(**ids)
