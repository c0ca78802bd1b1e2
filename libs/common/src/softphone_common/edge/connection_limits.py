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

import httptools
from fastapi.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from softphone_common.edge.client_network import WIDE_FACTOR, network, wide_network
from softphone_common.edge.hit_head import head_problem, mend, stand_in
from softphone_common.http.body_limit import DISCARD_MAX
from softphone_common.http.problem import RETRY_AFTER, problem
from softphone_common.process import metrics
from softphone_common.process.settings import Settings

_BEGIN_MAX = 4096
"""Bytes of a request that are kept until its head is read. Its key is in them."""


class ConnectionLimits:
    """The connections of one server that wait for a request, oldest first.

    Called by uvicorn in place of a protocol class, once for each connection.
    """

    def __init__(self, settings: Settings, largest_body: int) -> None:
        self.settings = settings
        self.size_max = settings.header_max + 2 * largest_body + DISCARD_MAX
        """Bytes of one request. The frames of small chunks may be larger than the data in them, and
        after a refusal the rest of a body is discarded for a while."""
        # dicts, because a set does not keep the order in which the connections began to wait
        self._waiting: dict[LimitedConnection, None] = {}
        self._by_network: dict[str, dict[LimitedConnection, None]] = defaultdict(dict)

    def __call__(self, **arguments: Any) -> "LimitedConnection":
        return LimitedConnection(self, **arguments)

    def add_waiting(self, connection: "LimitedConnection") -> None:
        """Notes a connection whose request is not complete.

        If a network has too many of them, the oldest is closed, because an honest client sends
        its request at once.
        """
        self._waiting[connection] = None
        for name, limit in self._limits_of(connection.address).items():
            neighbours = self._by_network[name]
            neighbours[connection] = None
            if len(neighbours) > limit:
                next(iter(neighbours)).refuse("crowd")

    def remove_waiting(self, connection: "LimitedConnection") -> None:
        """Forgets a connection whose request is complete or that is closed."""
        self._waiting.pop(connection, None)
        for name in self._limits_of(connection.address):
            neighbours = self._by_network[name]
            neighbours.pop(connection, None)
            if not neighbours:
                del self._by_network[name]

    def _limits_of(self, address: str) -> dict[str, int]:
        limits = {network(address): self.settings.connections_waiting_max}
        if wide := wide_network(address):
            limits[wide] = self.settings.connections_waiting_max * WIDE_FACTOR
        return limits

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
        self._size = 0
        self._too_long = False
        self._has_trailer = False
        self._has_begun = False
        self._held = b""
        self._begin = b""
        self._is_replaced = False

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
        """Stops both time limits. A hit that was cut off is handed to its route, which keeps it."""
        is_cut_off = self._late_timer is not None
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)
        if is_cut_off:
            self._replace("request-incomplete")

    def data_received(self, data: bytes) -> None:
        """Parses the data; after an answer it must be the begin of another request."""
        if self.transport.is_closing() or self._is_replaced:
            return
        is_first = not self._has_begun
        if self._late_timer is None and (self.cycle is None or self.cycle.response_complete):
            is_first = True
            self._start_waiting()
        if is_first or self._held:
            sent = self._held + data
            mended = mend(sent)
            if mended is None:
                self._hold(sent)
                return
            self._held, data = b"", mended
            self._begin = sent[:_BEGIN_MAX]
        self._has_begun = True
        super().data_received(data)
        self._check_size(len(data))

    def on_message_begin(self) -> None:
        """Starts to count the bytes of a head."""
        super().on_message_begin()
        self._in_head, self._size = True, 0
        if self._late_timer is None:
            self._start_waiting()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Refuses the request if the header is a trailer, behind a chunked body.

        uvicorn adds trailers to the headers, where they would pass for an `Authorization` or an
        `X-Forwarded-For` that no proxy has seen (RFC 9110, section 6.5.1).
        """
        if not self._in_head:
            self._has_trailer = True
            raise ValueError("trailer")  # httptools then calls send_400_response
        super().on_header(name, value)

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
        elif self._has_trailer:
            self.refuse("trailer", problem("trailer-refused"))
        elif not self._replace(head_problem(self._held or self._begin)):
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

    def _hold(self, data: bytes) -> None:
        """Keeps an incomplete head that may have to be mended as a whole."""
        self._unset_keepalive_if_required()
        self._held = data
        if len(data) > self._settings.header_max:
            self._refuse_head()

    def _replace(self, refusal: str) -> bool:
        """Hands a refused hit to its route, which keeps it; False for any other request."""
        request = stand_in(self._held or self._begin, refusal)
        if request is None or self._is_replaced or self.pipeline or not self._abandon():
            return False
        self._held, self._is_replaced = b"", True
        self.parser = httptools.HttpRequestParser(self)
        super().data_received(request)
        return True

    def _abandon(self) -> bool:
        """Ends the request whose body will not be complete; False if another one is answered."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started or not cycle.more_body:
                return False
            # no route has the request yet: the limit of bodies waits for the rest of it
            cycle.disconnected = True
            cycle.message_event.set()
            self.cycle = None  # type: ignore[assignment]
        return True

    def _refuse_head(self) -> None:
        limit = self._settings.header_max
        if not self._replace(f"header-too-large {limit}"):
            self.refuse("head", problem("header-too-large", limit=limit))

    def _check_size(self, received: int) -> None:
        """Counts bytes of the request that is not complete, whatever they are."""
        if self._late_timer is None or self.transport.is_closing():
            return
        self._size += received
        if self._in_head:
            self._head_size += received
        if self._in_head and self._head_size > self._settings.header_max:
            self._refuse_head()
        elif self._size > self._limits.size_max:
            has_begun = self.cycle is not None and self.cycle.response_started
            answer = (
                None if has_begun else problem("request-too-large", limit=self._limits.size_max)
            )
            self.refuse("size", answer)

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
        begun = begun or bool(self._held)
        if not (begun and self._replace("request-timeout")):
            self.refuse("late", problem("request-timeout") if begun else None)

    def _check_progress(self, previous: int | None) -> None:
        unread = self.transport.get_write_buffer_size()
        if previous is not None and unread >= previous:
            metrics.REFUSED.labels("stuck").inc()
            self.transport.abort()
            return
        seconds = self._settings.request_seconds
        self._stuck_timer = self.loop.call_later(seconds, self._check_progress, unread)
