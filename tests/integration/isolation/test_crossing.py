"""Every type of frame and message stays with its tenant."""

import json
import re
from typing import get_args
from uuid import uuid4

import aio_pika
import pytest

from softphone_common.contracts.catalogue import BY_TYPE, CATALOGUE, EXCHANGE
from softphone_common.contracts.websocket import ServerFrame
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.bus.broker import broker_channel
from support.paths import SAMPLES
from support.product import Json
from support.stack.full_company import NUMBER, make_full_company
from support.stack.installation import Installation
from support.tenant.browser import Browser, signed_in
from support.tenant.company import Company
from support.wire import sample, sample_for

KINDS = {get_args(frame.model_fields["type"].annotation)[0] for frame in get_args(ServerFrame)}
KINDS -= {"alive"}  # says nothing about a tenant, and comes to everybody
FIELDS = {"extension": "21", "number": NUMBER}
NEVER_GIVEN_OUT = 17
CALL = "6f9619ff-8b86-5d01-b42d-00cf4fc964ff"
"""The id of the call in the samples."""


@pytest.fixture(scope="module")
async def ours(installation: Installation) -> Company:
    return await make_full_company(installation)


async def require_own_call_only(installation: Installation, ours: Company, browser: Browser) -> str:
    """Makes a call at our company and asserts that the browser has received no other frame."""
    own = await ours.phone.post_hits("ringing", call_id=uuid4().hex, **FIELDS)
    await browser.expect_call(own)
    assert {call["id"] for call in browser.calls()} == {own}
    assert {frame["type"] for frame in browser.frames} - {"alive"} == {"welcome", "call"}
    return own


async def publish(rabbitmq: RealServer, kind: str, body: str) -> None:
    """Puts a message on the bus as a service would."""
    async with broker_channel(rabbitmq.url) as channel:
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        key = BY_TYPE[kind].message.model_validate_json(body).routing_key
        message = aio_pika.Message(body.encode(), headers={"cloudEvents_type": kind})
        await exchange.publish(message, key, mandatory=False)


async def test_frame_of_every_type_stays_with_its_tenant(
    installation: Installation, rabbitmq: RealServer, ours: Company
) -> None:
    theirs = await make_full_company(installation)
    here = (await installation.make_user(ours.tenant, "admin", ("21",))).token
    there = (await installation.make_user(theirs.tenant, "admin", ("21",))).token
    async with (
        signed_in(installation.url, here) as outsider,
        signed_in(installation.url, there) as insider,
        signed_in(installation.url, there, NEVER_GIVEN_OUT) as reader,
    ):
        for browser in (outsider, insider):
            await browser.send({"type": "watch", "device": theirs.phone.id})
        call = await theirs.phone.post_hits("ringing", "missed", call_id="new", **FIELDS)
        await installation.logged(there, call, phase="missed")
        comment: Json = {"text": "for our eyes only", "record": None}
        await installation.post(f"/api/calls/{call}/comments", there, comment)
        assert (await installation.ask("DELETE", f"/api/calls/{call}", there)).status_code == 204

        # the messages themselves too, so that a new one is tried as soon as it has a sample
        for kind in (e.message.type for e in CATALOGUE if "notifier" in e.subscribers):
            await publish(rabbitmq, kind, sample_for(theirs.tenant, SAMPLES, kind))

        async def all_received() -> bool:
            await theirs.phone.hit(
                "no such event"
            )  # until the watch has begun, at which hits are sent
            received = {frame["type"] for frame in (*insider.frames, *reader.frames)}
            assert received == KINDS, "a new type of frame needs an action here that causes it"
            return True

        await until(all_received, what="a frame of each kind")
        await require_own_call_only(installation, ours, outsider)


@pytest.mark.parametrize("kind", sorted(BY_TYPE))
async def test_message_with_ids_of_another_tenant_changes_nothing(
    installation: Installation, rabbitmq: RealServer, ours: Company, kind: str
) -> None:
    """Consumers look for the call among those of the message's tenant."""
    theirs = await installation.make_tenant()
    body = re.sub(
        CALL, ours.examples.call, json.dumps(sample(SAMPLES, kind)).replace("acme", theirs)
    )
    before = await installation.get(f"/api/calls/{ours.examples.call}", ours.admin.token)
    async with signed_in(installation.url, ours.user.token) as browser:
        await publish(rabbitmq, kind, body)
        own = await require_own_call_only(installation, ours, browser)
    await installation.logged(ours.admin.token, own, phase="ringing")
    assert await installation.get(f"/api/calls/{ours.examples.call}", ours.admin.token) == before
