"""Watching a device: administrators of its tenant receive its hits, and no other user does."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractExchange
from aiormq.exceptions import PublishError

from softphone_common.bus.envelope import pack
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.contracts.entities import Role, User
from softphone_common.contracts.events import HitSeen
from softphone_common.contracts.hit import HitJson, RequestJson
from softphone_common.process.clock import utc_now
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.stack.installation import Installation, database, drop, ready, running
from support.tenant.browser import Browser, signed_in

DEVICE = "d-4711"


class WatchedDevice:
    """A tenant with a device, whose hits tests publish on the bus in the place of ingest."""

    def __init__(self, notifier: Installation, exchange: AbstractExchange) -> None:
        self.notifier = notifier
        self.tenant = f"t-{uuid4().hex[:12]}"
        self._exchange = exchange

    def token(self, user: str, role: Role) -> str:
        who = User(id=user, tenant=self.tenant, login=user, role=role)
        return self.notifier.tokens.issue(who, timedelta(minutes=15))[0]

    async def hit(self, device: str = DEVICE) -> str:
        """Publishes a hit and returns its id; raises PublishError if no queue is bound for it."""
        request = RequestJson(
            method="GET", path="/ringing", query="n=<b>", headers={}, body="", client="192.0.2.21"
        )
        seen = HitJson(
            id=uuid4().hex,
            device=device,
            at=utc_now(),
            request=request,
            status=422,
            outcome="refused",
            field="extension",
            why="is missing",
        )
        envelope = pack(HitSeen(tenant=self.tenant, hit=seen), "ingest")
        message = aio_pika.Message(envelope.body, headers=envelope.headers)
        await self._exchange.publish(message, envelope.routing_key, mandatory=True)
        return seen.id

    async def is_bound(self) -> bool:
        """Whether a queue is bound for hits of this tenant."""
        try:
            await self.hit("another device")
        except PublishError:
            return False
        return True

    async def watch(self, browser: Browser, device: str = DEVICE) -> None:
        """Asks to watch a device, and returns with the first hit received from it."""
        await browser.send({"type": "watch", "device": device})
        before = len(browser.of_type("hit"))

        async def comes() -> bool:
            if await self.is_bound():
                await self.hit(device)
            return len(browser.of_type("hit")) > before

        await until(comes, what="the first hit")


@pytest.fixture(scope="module")
async def notifier(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer
) -> AsyncIterator[Installation]:
    own = database(mongodb.url, f"test-{uuid4().hex[:12]}")
    only = ("notifier",)
    async with running(rabbitmq.url, own, redis_server.url, only=only) as installation:
        await ready(installation)
        yield installation
    await drop(own)


@pytest.fixture
async def exchange(rabbitmq: RealServer) -> AsyncIterator[AbstractExchange]:
    async with await aio_pika.connect(rabbitmq.url) as connection:
        channel = await connection.channel(on_return_raises=True)
        yield await channel.get_exchange(EXCHANGE, ensure=False)


@pytest.fixture
async def device(notifier: Installation, exchange: AbstractExchange) -> WatchedDevice:
    return WatchedDevice(notifier, exchange)


def hits(browser: Browser) -> list[str]:
    return [frame["hit"]["id"] for frame in browser.of_type("hit")]


async def sees(browser: Browser, hit: str) -> None:
    await until(lambda: hit in hits(browser), what=f"the hit {hit}")


async def test_administrator_who_watches_receives_hits(device: WatchedDevice) -> None:
    async with signed_in(device.notifier.url, device.token("clara", "admin")) as clara:
        await device.watch(clara)
        await sees(clara, await device.hit())
        frame = clara.of_type("hit")[-1]
        assert set(frame) == {"type", "hit"}
        hit = HitJson.model_validate(frame["hit"])
        assert (hit.device, hit.status, hit.field) == (DEVICE, 422, "extension")
        assert hit.request.query == "n=<b>"


async def test_queue_is_bound_only_while_somebody_watches(device: WatchedDevice) -> None:
    token = device.token("clara", "admin")
    async with signed_in(device.notifier.url, token) as clara:
        assert not await device.is_bound()
        await device.watch(clara)
        await clara.send({"type": "watch", "device": None})
        await until(lambda: _is_unbound(device), what="the end of the watch")
        before = hits(clara)
        await device.watch(clara, "another device")
        assert DEVICE not in {
            frame["hit"]["device"] for frame in clara.of_type("hit")[len(before) :]
        }
    await until(lambda: _is_unbound(device), what="the watch to end with its socket")


async def _is_unbound(device: WatchedDevice) -> bool:
    return not await device.is_bound()


async def test_watch_goes_on_when_another_one_ends(device: WatchedDevice) -> None:
    token = device.token("clara", "admin")
    async with signed_in(device.notifier.url, token) as stays:
        await device.watch(stays)
        async with signed_in(device.notifier.url, token) as goes:
            await device.watch(goes)
        async with signed_in(device.notifier.url, token) as other:
            await device.watch(other, "another device")
            shown = await device.hit()
            await sees(stays, shown)
            await sees(other, await device.hit("another device"))
            assert shown not in hits(other)


async def test_watch_from_another_tenant_receives_nothing(
    device: WatchedDevice, exchange: AbstractExchange
) -> None:
    theirs = WatchedDevice(device.notifier, exchange)
    async with (
        signed_in(device.notifier.url, device.token("clara", "admin")) as clara,
        signed_in(device.notifier.url, theirs.token("dora", "admin")) as dora,
    ):
        await device.watch(clara)
        await theirs.watch(dora)
        ours = await device.hit()
        await sees(clara, ours)
        await sees(dora, await theirs.hit())
        assert ours not in hits(dora)
        assert set(hits(clara)).isdisjoint(hits(dora))


async def test_watch_by_a_user_without_the_role_receives_nothing(
    device: WatchedDevice,
) -> None:
    async with (
        signed_in(device.notifier.url, device.token("clara", "admin")) as clara,
        signed_in(device.notifier.url, device.token("anna", "user")) as anna,
    ):
        await anna.send({"type": "watch", "device": DEVICE})
        await device.watch(clara)
        assert hits(anna) == []

        await anna.send({"type": "token", "token": device.token("anna", "admin")})
        await device.watch(anna)
        first = hits(anna)
        assert set(first).isdisjoint(hits(clara)[:1])

        await anna.send({"type": "token", "token": device.token("anna", "user")})
        await until(lambda: _shows_only(device, clara, anna), what="a hit that is not for her")


async def _shows_only(device: WatchedDevice, one: Browser, other: Browser) -> bool:
    """Whether two hits reach one browser while none reaches the other."""
    before = hits(other)
    for _ in range(2):
        await sees(one, await device.hit())
    return hits(other) == before


@pytest.mark.parametrize("frame", [{}, {"device": 7}, {"device": "x" * 65}])
async def test_watch_without_a_valid_device_closes_the_socket(
    device: WatchedDevice, frame: dict[str, object]
) -> None:
    async with signed_in(device.notifier.url, device.token("clara", "admin")) as clara:
        await clara.send({"type": "watch", **frame})
        assert await clara.close_code() == 4004
