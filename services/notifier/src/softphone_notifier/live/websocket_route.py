"""The websocket route `/ws`: lets in whom the token names, from pages of this origin only."""

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from softphone_common.contracts.websocket import CloseCode
from softphone_common.http.auth import Caller, Tokens
from softphone_common.http.problem import RETRY_AFTER, ProblemError, problem
from softphone_common.process import metrics
from softphone_common.process.clock import Clock
from softphone_common.process.telemetry import log
from softphone_notifier.accounts.users import UserCache
from softphone_notifier.live.handshake_limit import HandshakeLimit
from softphone_notifier.live.hit_subscriptions import HitSubscriptions
from softphone_notifier.live.hub import Hub
from softphone_notifier.live.socket_session import SocketSession, close, hello
from softphone_notifier.origins import Origins
from softphone_notifier.settings import NotifierSettings


class WebsocketRoute:
    """Opens sessions and hands them to the hub."""

    def __init__(
        self,
        origins: Origins,
        handshakes: HandshakeLimit,
        hub: Hub,
        hit_subscriptions: HitSubscriptions,
        users: UserCache,
        tokens: Tokens,
        clock: Clock,
        settings: NotifierSettings,
    ) -> None:
        self._origins = origins
        self._handshakes = handshakes
        self._hub = hub
        self._hit_subscriptions = hit_subscriptions
        self._users = users
        self._tokens = tokens
        self._clock = clock
        self._settings = settings
        self.router = APIRouter()
        self.router.add_api_websocket_route("/ws", self.serve)

    async def serve(self, socket: WebSocket) -> None:
        """One socket from its opening to its end."""
        if not self._origins.allow(socket.headers):
            await socket.close()  # before it is accepted: HTTP 403
            return
        with self._handshakes.place(socket.client.host if socket.client else "") as place:
            if not place:
                metrics.LIMITED.labels("hellos").inc()
                full = problem("handshakes-full", headers=RETRY_AFTER)
                await socket.send_denial_response(full)
                return
            await socket.accept()
            greeting = await hello(socket, self._tokens.check, self._settings.hello_seconds)
        if greeting is None:
            return
        caller, seen = greeting
        if self._revoked(caller):
            await close(socket, CloseCode.REVOKED, "the sign-in was revoked")
            return
        if self._users.is_token_outdated(caller.user, caller.version):
            await close(socket, CloseCode.UNAUTHORIZED, "the user has changed: renew the token")
            return
        session = SocketSession(socket, caller, self._settings, self._clock)
        log.info("browser joined", tenant=caller.tenant, user=caller.user)
        try:
            await self._hub.join(session, seen)
            await session.run(self._check, self._hit_subscriptions.watch)
        except WebSocketDisconnect:
            pass
        finally:
            self._hub.release_server(session)
            await self._hit_subscriptions.release_server(session)

    def _check(self, token: str) -> Caller:
        caller = self._tokens.check(token)
        if self._users.is_token_outdated(caller.user, caller.version):
            raise ProblemError("token-outdated")
        return caller

    def _revoked(self, caller: Caller) -> bool:
        user = self._users.get(caller.user)
        return user is not None and not user.active
