"""The websocket route `/ws`, for pages of this origin."""

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from softphone_common.http.auth import Tokens
from softphone_common.http.problem import RETRY_AFTER, problem
from softphone_common.process import metrics
from softphone_common.process.clock import Clock
from softphone_common.process.telemetry import log, tracing
from softphone_notifier.live.handshake_limit import HandshakeLimit
from softphone_notifier.live.hit_subscriptions import HitSubscriptions
from softphone_notifier.live.hub import Hub
from softphone_notifier.live.socket_session import SocketSession, hello
from softphone_notifier.origins import Origins
from softphone_notifier.settings import NotifierSettings


class WebsocketRoute:
    """Accepts sockets, checks their hello and has the hub serve them."""

    def __init__(
        self,
        origins: Origins,
        handshakes: HandshakeLimit,
        hub: Hub,
        hit_subscriptions: HitSubscriptions,
        tokens: Tokens,
        clock: Clock,
        settings: NotifierSettings,
    ) -> None:
        self._origins = origins
        self._handshakes = handshakes
        self._hub = hub
        self._hit_subscriptions = hit_subscriptions
        self._tokens = tokens
        self._clock = clock
        self._settings = settings
        self.router = APIRouter()
        self.router.add_api_websocket_route("/ws", self.serve)

    async def serve(self, socket: WebSocket) -> None:
        """Serves one socket from its handshake to its end."""
        if not self._origins.allow(socket.headers):
            await socket.close()  # before `accept` this answers the handshake with HTTP 403
            return
        address = socket.client.host if socket.client else ""
        with self._handshakes.admit(address) as handshake:
            if handshake is None:
                metrics.LIMITED.labels("hellos").inc()
                await socket.send_denial_response(problem("handshakes-full", headers=RETRY_AFTER))
                return
            await socket.accept()
            opening = await hello(
                socket, self._tokens.check, handshake.within(self._settings.hello_seconds)
            )
        if opening is None:
            return
        caller, seen = opening
        session = SocketSession(socket, caller, self._settings, self._clock)
        log.info("browser joined", tenant=caller.tenant, user=caller.user)
        try:
            await self._hub.join(session, seen)
            with tracing(client=address):  # for the security log
                await session.run(self._tokens.check, self._hit_subscriptions.watch)
        except WebSocketDisconnect:
            pass
        finally:
            self._hub.leave(session)
            await self._hit_subscriptions.remove(session)
