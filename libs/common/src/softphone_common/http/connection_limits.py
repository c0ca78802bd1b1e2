"""Connections that never get as far as a request: late, too long or too many; reads none itself."""

import asyncio
from collections import defaultdict
from typing import Any

from fastapi.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from softphone_common.http.problem import RETRY_AFTER, problem
from softphone_common.process import metrics
from softphone_common.process.settings import Settings


class Connections:
    """Those of one server; what it makes is the protocol class of one of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._waiting: dict[Connection, None] = {}
        self._by_address: dict[str, dict[Connection, None]] = defaultdict(dict)

    def __call__(self, **of_uvicorn: Any) -> "Connection":
        return Connection(self, **of_uvicorn)

    def wait(self, connection: "Connection") -> None:
        """Its request is not complete. Of too many of one address the one that has waited longest
        goes: no honest one waits long."""
        mates = self._by_address[connection.address]
        self._waiting[connection] = mates[connection] = None
        if len(mates) > self.settings.connections_waiting_max:
            next(iter(mates)).refuse("crowd")

    def done(self, connection: "Connection") -> None:
        """It has its request, or is gone."""
        self._waiting.pop(connection, None)
        mates = self._by_address[connection.address]
        mates.pop(connection, None)
        if not mates:
            del self._by_address[connection.address]

    def make_room(self) -> bool:
        """Closes the one that has waited longest; False if none waits."""
        oldest = next(iter(self._waiting), None)
        if oldest is not None:
            oldest.refuse("full")
        return oldest is not None


class Connection(HttpToolsProtocol):
    """A connection whose every request must be complete in time, and its answer taken in time."""

    def __init__(self, all_of_them: Connections, **of_uvicorn: Any) -> None:
        super().__init__(**of_uvicorn)
        self._all = all_of_them
        self._settings = all_of_them.settings
        self._late: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_size = 0
        self._too_long = False

    @property
    def address(self) -> str:
        """Whose it is, as the network says; behind a gateway the gateway's."""
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Waits for a request from now on."""
        super().connection_made(transport)
        full = len(self.connections) > self._settings.connections_max
        if full and not self._all.make_room():
            self.refuse("full", problem("connections-full", headers=RETRY_AFTER))
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it."""
        self._done()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on; whatever comes after an answer has a request to begin."""
        if self.transport.is_closing():
            return
        if self._late is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()
        super().data_received(data)
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > self._settings.header_max:
                self._refuse_head()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head = True
        if self._late is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """A head is complete; one too long, even if it came at once, is no request."""
        self._in_head, self._head_size = False, 0
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._settings.header_max:
            self._too_long = True
            raise ValueError("too long")  # ends the parser, which has us send a 400
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is complete."""
        self._done()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Of what is no HTTP, or a head too long."""
        if self._too_long:
            self._refuse_head()
        else:
            self.refuse("garbage", problem("http-invalid"))

    def handle_websocket_upgrade(self) -> None:
        """What comes now are frames."""
        self._done()
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """The other side takes its answer slowly."""
        super().pause_writing()
        self._check_progress(None)

    def resume_writing(self) -> None:
        """It took some."""
        super().resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def refuse(self, why: str, answer: Response | None = None) -> None:
        """Closes it, with an answer unless nothing was asked."""
        metrics.REFUSED.labels(why).inc()
        self._done()
        if answer is not None:
            lines = [b"%b: %b\r\n" % header for header in answer.raw_headers]
            head = STATUS_LINE[answer.status_code] + b"".join(lines)
            self.transport.write(head + b"connection: close\r\n\r\n" + bytes(answer.body))
        self.transport.close()

    def _refuse_head(self) -> None:
        limit = self._settings.header_max
        self.refuse("head", problem("header-too-large", limit=limit))

    def _wait(self) -> None:
        self._late = self.loop.call_later(self._settings.request_seconds, self._on_late)
        self._all.wait(self)

    def _done(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
            self._all.done(self)

    def _on_late(self) -> None:
        asked = self._head_size if self._in_head else not self.cycle.response_started
        late = problem("request-timeout") if asked else None
        self.refuse("late", late)

    def _check_progress(self, left: int | None) -> None:
        now_left = self.transport.get_write_buffer_size()
        if left is not None and now_left >= left:
            metrics.REFUSED.labels("stuck").inc()
            self.transport.abort()
            return
        seconds = self._settings.request_seconds
        self._stuck = self.loop.call_later(seconds, self._check_progress, now_left)
