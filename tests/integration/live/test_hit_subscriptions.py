"""Who watches a device sees its hits as they come: administrators of its tenant, nobody else."""

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


class SpokenDevice:
    """A tenant whose device is hit: what ingest would say of it is said over the real bus."""

    def __init__(self, notifier: Installation, exchange: AbstractExchange) -> None:
        self.notifier = notifier
        self.tenant = f"t-{uuid4().hex[:12]}"
        self._exchange = exchange

    def token(self, user: str, role: Role) -> str:
        who = User(id=user, tenant=self.tenant, login=user, role=role)
        return self.notifier.tokens.issue(who, timedelta(minutes=15))[0]

    async def hit(self, device: str = DEVICE) -> str:
        """A hit that somebody listens to; its id. Raises PublishError if nobody does."""
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

    async def is_heard(self) -> bool:
        """Whether anybody listens to this tenant's hits."""
        try:
            await self.hit("another device")
        except PublishError:
            return False
        return True

    async def watch(self, browser: Browser, device: str = DEVICE) -> None:
        """Watches, and returns with the first hit that came of it."""
        await browser.send({"type": "watch", "device": device})
        before = len(browser.of_type("hit"))

        async def comes() -> bool:
            if await self.is_heard():
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
async def office(notifier: Installation, exchange: AbstractExchange) -> SpokenDevice:
    return SpokenDevice(notifier, exchange)


def hits(browser: Browser) -> list[str]:
    return [frame["hit"]["id"] for frame in browser.of_type("hit")]


async def sees(browser: Browser, hit: str) -> None:
    await until(lambda: hit in hits(browser), what=f"the hit {hit}")


async def test_an_administrator_sees_the_hits_of_the_device(office: SpokenDevice) -> None:
    async with signed_in(office.notifier.url, office.token("clara", "admin")) as clara:
        await office.watch(clara)
        await sees(clara, await office.hit())
        frame = clara.of_type("hit")[-1]
        assert set(frame) == {"type", "hit"}
        hit = HitJson.model_validate(frame["hit"])
        assert (hit.device, hit.status, hit.field) == (DEVICE, 422, "extension")
        assert hit.request.query == "n=<b>"


async def test_nobody_is_listened_for_who_does_not_watch(office: SpokenDevice) -> None:
    token = office.token("clara", "admin")
    async with signed_in(office.notifier.url, token) as clara:
        assert not await office.is_heard()
        await office.watch(clara)
        await clara.send({"type": "watch", "device": None})
        await until(lambda: _silent(office), what="the end of the watch")
        before = hits(clara)
        await office.watch(clara, "another device")
        assert DEVICE not in {
            frame["hit"]["device"] for frame in clara.of_type("hit")[len(before) :]
        }
    await until(lambda: _silent(office), what="the watch to end with its socket")


async def _silent(office: SpokenDevice) -> bool:
    return not await office.is_heard()


async def test_the_others_go_on_watching(office: SpokenDevice) -> None:
    token = office.token("clara", "admin")
    async with signed_in(office.notifier.url, token) as stays:
        await office.watch(stays)
        async with signed_in(office.notifier.url, token) as goes:
            await office.watch(goes)
        async with signed_in(office.notifier.url, token) as other:
            await office.watch(other, "another device")
            shown = await office.hit()
            await sees(stays, shown)
            await sees(other, await office.hit("another device"))
            assert shown not in hits(other)


async def test_another_tenants_administrator_sees_nothing(
    office: SpokenDevice, exchange: AbstractExchange
) -> None:
    theirs = SpokenDevice(office.notifier, exchange)
    async with (
        signed_in(office.notifier.url, office.token("clara", "admin")) as clara,
        signed_in(office.notifier.url, theirs.token("dora", "admin")) as dora,
    ):
        await office.watch(clara)
        await theirs.watch(dora)
        ours = await office.hit()
        await sees(clara, ours)
        await sees(dora, await theirs.hit())
        assert ours not in hits(dora)
        assert set(hits(clara)).isdisjoint(hits(dora))


async def test_a_user_sees_nothing_and_an_administrator_who_is_none_any_more(
    office: SpokenDevice,
) -> None:
    async with (
        signed_in(office.notifier.url, office.token("clara", "admin")) as clara,
        signed_in(office.notifier.url, office.token("anna", "user")) as anna,
    ):
        await anna.send({"type": "watch", "device": DEVICE})
        await office.watch(clara)
        assert hits(anna) == []

        await anna.send({"type": "token", "token": office.token("anna", "admin")})
        await office.watch(anna)
        first = hits(anna)
        assert set(first).isdisjoint(hits(clara)[:1])

        await anna.send({"type": "token", "token": office.token("anna", "user")})
        await until(lambda: _shows_only(office, clara, anna), what="a hit that is not for her")


async def _shows_only(office: SpokenDevice, one: Browser, other: Browser) -> bool:
    """Whether a hit reaches this browser and, once another one did so too, not the other."""
    before = hits(other)
    for _ in range(2):
        await sees(one, await office.hit())
    return hits(other) == before


@pytest.mark.parametrize("frame", [{}, {"device": 7}, {"device": "x" * 65}])
async def test_a_watch_that_names_nothing_is_an_error(
    office: SpokenDevice, frame: dict[str, object]
) -> None:
    async with signed_in(office.notifier.url, office.token("clara", "admin")) as clara:
        await clara.send({"type": "watch", **frame})
        assert await clara.close_code() == 4004
