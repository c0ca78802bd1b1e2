"""JSON logs with ids and masked phone numbers, and trace ids that messages carry on."""

import logging
import re
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TextIO

import structlog

from softphone_common.process.error_text import traceback_text

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
_UNMASKED = frozenset({"timestamp", "level", "service", "tenant", "trace", "port"})

_trace: ContextVar[str] = ContextVar("trace", default="")
_batch: ContextVar[Mapping[object, str]] = ContextVar("batch", default=MappingProxyType({}))
"""The traces of messages that are handled together, by the identity and the subject of each."""
_client: ContextVar[str] = ContextVar("client", default="")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def configure(level: str, stream: TextIO | None = None) -> None:
    """Logs to `stream`, by default standard output, one JSON object per line."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_exception,
        _with_trace,
        mask,
    ]
    structlog.configure(
        # first, so that a line below the level costs next to nothing
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
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
    # Python looks these up for each record, and our lines have none of them ("Optimization" in the
    # documentation of logging).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A log processor that masks runs of seven digits or more, except for the last four."""
    for key, value in event.items():
        if isinstance(value, str) and key not in _UNMASKED:
            event[key] = _NUMBER.sub(r"…\1", value)
    return event


def _with_exception(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Turns `exc_info` into a traceback without the data that texts of exceptions may quote."""
    info = event.pop("exc_info", None)
    if isinstance(info, tuple):
        info = info[1]
    error = info if isinstance(info, BaseException) else sys.exc_info()[1] if info else None
    if error is not None:
        event["exception"] = traceback_text(error)
    return event


def _with_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    trace = event.get("trace") or _batch.get().get(event.get("call")) or _trace.get()
    if trace:
        event["trace"] = trace
    return event


@contextmanager
def tracing(traceparent: str | None = None, client: str = "") -> Iterator[str]:
    """Does the enclosed work in the trace of a W3C `traceparent` header, or in a new trace.

    `client` is the address of the client that asked for the work.
    """
    token = _trace.set(_continued(traceparent))
    client_token = _client.set(client)
    try:
        yield _trace.get()
    finally:
        _client.reset(client_token)
        _trace.reset(token)


@contextmanager
def tracing_batch(messages: Iterable[tuple[object, str, str]]) -> Iterator[None]:
    """Handles messages together, each a message, its subject and its `traceparent` header.

    Lines about a call, and messages about a subject, are in the trace of the last message about
    it; everything else is in the trace of the first message.
    """
    batch: dict[object, str] = {}
    first = ""
    for message, subject, header in messages:
        trace = _continued(header)
        first = first or trace
        batch[id(message)] = batch[subject] = trace
    token, batch_token = _trace.set(first), _batch.set(batch)
    try:
        yield
    finally:
        _batch.reset(batch_token)
        _trace.reset(token)


def trace_of(message: object) -> str:
    """The trace id of one message of the batch that is handled; else that of the current trace."""
    return _batch.get().get(id(message)) or _trace.get()


def trace_id() -> str:
    """The id of the current trace; empty outside of one."""
    return _trace.get()


def client_address() -> str:
    """The address of the client that asked for the current work; empty if no client did."""
    return _client.get()


def traceparent(subject: str = "") -> str:
    """A W3C `traceparent` header with a new span, for a message about a subject.

    Its trace is that of the message about the subject in the batch that is handled, else the
    current one, else a new one.
    """
    trace = _batch.get().get(subject) or _trace.get() or secrets.token_hex(16)
    return f"00-{trace}-{secrets.token_hex(8)}-01"


def _continued(traceparent: str | None) -> str:
    match = _TRACEPARENT.match(traceparent or "")
    return match.group(1) if match else secrets.token_hex(16)


def bind(**ids: str) -> None:
    """Adds these ids to every later log line of the current context."""
    structlog.contextvars.bind_contextvars(**ids)
