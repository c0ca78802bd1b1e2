"""Closes connections whose requests are late, too large or too many.

Nothing of this can be set in uvicorn: it has no time limit for a request that has begun, none for
a client that does not take its answer, and with httptools none for the size of a head. Behind the
gateway nginx does the same; a box without a gateway would keep each such connection for ever, as
tests/integration/gateway/test_uvicorn_alone.py shows. The price is
a dependency on undocumented attributes of uvicorn's protocol class, so uvicorn is pinned, and the
tests of this room run against each new version.
"""

import asyncio
from collections import defaultdict
from typing import Any

from fastapi.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from softphone_common.http.problem import RETRY_AFTER, problem
from softphone_common.process import metrics
from softphone_common.process.settings import Settings


class ConnectionLimits:
    """The connections of one server that wait for a request, oldest first.

    Called by uvicorn in place of a protocol class, once for each connection.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # dicts, because a set does not keep the order in which the connections began to wait
        self._waiting: dict[LimitedConnection, None] = {}
        self._by_address: dict[str, dict[LimitedConnection, None]] = defaultdict(dict)

    def __call__(self, **arguments: Any) -> "LimitedConnection":
        return LimitedConnection(self, **arguments)

    def add_waiting(self, connection: "LimitedConnection") -> None:
        """Notes a connection whose request is not complete.

        If an address has too many of them, the oldest is closed, because an honest client sends
        its request at once.
        """
        neighbours = self._by_address[connection.address]
        self._waiting[connection] = neighbours[connection] = None
        if len(neighbours) > self.settings.connections_waiting_max:
            next(iter(neighbours)).refuse("crowd")

    def remove_waiting(self, connection: "LimitedConnection") -> None:
        """Forgets a connection whose request is complete or that is closed."""
        self._waiting.pop(connection, None)
        neighbours = self._by_address[connection.address]
        neighbours.pop(connection, None)
        if not neighbours:
            del self._by_address[connection.address]

    def make_room(self) -> bool:
        """Closes the connection that has waited longest; False if none waits."""
        oldest = next(iter(self._waiting), None)
        if oldest is not None:
            oldest.refuse("full")
        return oldest is not None


class LimitedConnection(HttpToolsProtocol):
    """A connection whose requests must arrive in time and whose answers must be read in time."""

    def __init__(self, limits: ConnectionLimits, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._limits = limits
        self._settings = limits.settings
        self._late_timer: asyncio.TimerHandle | None = None
        self._stuck_timer: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_size = 0
        self._too_long = False

    @property
    def address(self) -> str:
        """The address of the other end, which behind a gateway is the gateway's."""
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the time limit for the first request."""
        super().connection_made(transport)
        full = len(self.connections) > self._settings.connections_max
        if full and not self._limits.make_room():
            self.refuse("full", problem("connections-full", headers=RETRY_AFTER))
        else:
            self._start_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops both time limits."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses the data; after an answer it must be the begin of another request."""
        if self.transport.is_closing():
            return
        if self._late_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._start_waiting()
        super().data_received(data)
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > self._settings.header_max:
                self._refuse_head()

    def on_message_begin(self) -> None:
        """Starts to count the bytes of a head."""
        super().on_message_begin()
        self._in_head = True
        if self._late_timer is None:
            self._start_waiting()

    def on_headers_complete(self) -> None:
        """Refuses a head that is too large even if it came in one piece."""
        self._in_head, self._head_size = False, 0
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._settings.header_max:
            self._too_long = True
            raise ValueError("too long")  # httptools then calls send_400_response
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Ends the time limit of the request."""
        self._stop_waiting()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answers what the parser refused: bytes that are not HTTP, or a head that is too large."""
        if self._too_long:
            self._refuse_head()
        else:
            self.refuse("garbage", problem("http-invalid"))

    def handle_websocket_upgrade(self) -> None:
        """Ends the time limits, since a websocket may be silent."""
        self._stop_waiting()
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """Starts to watch whether the other side reads its answer."""
        super().pause_writing()
        self._check_progress(None)

    def resume_writing(self) -> None:
        """Ends the watch: the other side has read enough."""
        super().resume_writing()
        if self._stuck_timer is not None:
            self._stuck_timer.cancel()
            self._stuck_timer = None

    def refuse(self, why: str, answer: Response | None = None) -> None:
        """Closes the connection, after an answer if a request had begun."""
        metrics.REFUSED.labels(why).inc()
        self._stop_waiting()
        if answer is not None:
            lines = [b"%b: %b\r\n" % header for header in answer.raw_headers]
            head = STATUS_LINE[answer.status_code] + b"".join(lines)
            self.transport.write(head + b"connection: close\r\n\r\n" + bytes(answer.body))
        self.transport.close()

    def _refuse_head(self) -> None:
        limit = self._settings.header_max
        self.refuse("head", problem("header-too-large", limit=limit))

    def _start_waiting(self) -> None:
        self._late_timer = self.loop.call_later(self._settings.request_seconds, self._on_late)
        self._limits.add_waiting(self)

    def _stop_waiting(self) -> None:
        if self._late_timer is not None:
            self._late_timer.cancel()
            self._late_timer = None
            self._limits.remove_waiting(self)

    def _on_late(self) -> None:
        # 408 (RFC 9110, section 15.5.9) is for a request that had begun; silent ones just end
        begun = self._head_size if self._in_head else not self.cycle.response_started
        self.refuse("late", problem("request-timeout") if begun else None)

    def _check_progress(self, previous: int | None) -> None:
        unread = self.transport.get_write_buffer_size()
        if previous is not None and unread >= previous:
            metrics.REFUSED.labels("stuck").inc()
            self.transport.abort()
            return
        seconds = self._settings.request_seconds
        self._stuck_timer = self.loop.call_later(seconds, self._check_progress, unread)
