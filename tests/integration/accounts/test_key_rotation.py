"""Keys are rotated as deploy/README.md says; nobody is signed out and no secret is lost."""

import secrets
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from pydantic import SecretStr

from softphone_common.process.ed25519 import PrivateKey, encode_private_key, encode_public_key
from softphone_common.stores.mongo import Mongo
from softphone_ingest.devices.resealing import Resealed, reseal
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.devices.store import MongoDeviceStore
from softphone_ingest.settings import IngestSettings
from softphone_testing.installation_keys import KEYS, PUBLIC_KEYS, SEALING_KEY
from softphone_testing.real_servers import RealServer
from support.stack.installation import Installation, ready, running

NEW = PrivateKey.generate()
NEW_PUBLIC, NEW_SIGNING = encode_public_key(NEW), SecretStr(encode_private_key(NEW))
NEW_SEALING = secrets.token_urlsafe(32)


@pytest.fixture
def beside(installation: Installation, rabbitmq: RealServer, redis_server: RealServer) -> Any:
    """Starts ingest and notifier with other keys over the same data."""

    def start(**keys: Any) -> AbstractAsyncContextManager[Installation]:
        urls = rabbitmq.url, installation.mongo, redis_server.url
        return running(*urls, only={"ingest", "notifier"}, **keys)

    return start


async def works(installation: Installation, token: str) -> bool:
    answer = await installation.ask("GET", "/api/tenant", token)
    return answer.status_code != 401


async def test_token_of_before_a_rotation_works_after_it(
    installation: Installation, beside: Any
) -> None:
    anna = await installation.make_user(await installation.make_tenant())
    old = anna.token
    both = f"{PUBLIC_KEYS},{NEW_PUBLIC}"

    # 1. every service knows the new public key before anything is signed with the new key
    async with beside(token_public_keys=both) as first:
        await ready(first)
        assert await works(first, old)

    # 2. notifier signs with the new key
    async with beside(token_public_keys=both, token_signing_key=NEW_SIGNING) as second:
        await ready(second)
        assert await works(second, old)
        new: str = (await second.sign_in(anna.tenant, anna.login)).json()["token"]
        assert await works(second, new)
        assert not await works(installation, new)

    # 3. the old public key is removed, once the last token of the old key has expired
    async with beside(token_public_keys=NEW_PUBLIC, token_signing_key=NEW_SIGNING) as third:
        await ready(third)
        assert await works(third, new)
        assert not await works(third, old)
        held = {"Cookie": f"softphone_session={anna.cookie}"}
        renewed = await third.ask("POST", "/api/session/renew", headers=held)
        assert await works(third, renewed.json()["token"])


async def test_device_keeps_its_secret_when_the_sealing_key_changes(
    installation: Installation, beside: Any
) -> None:
    company = await installation.make_company()
    secret = "a secret of the sender"
    fields = {"name": "vtiger", "preset": "vtiger", "secret": secret}
    device = await installation.post("/api/devices", company.admin.token, fields)
    query = f"vtigersignature={secret.replace(' ', '+')}&callstatus=Record"

    async def accepts(other: Installation) -> bool:
        answer = await other.client.get(f"/hit/{device['key']}?{query}")
        urls = await other.ask("GET", f"/api/devices/{device['id']}/urls", company.admin.token)
        assert (answer.status_code, urls.status_code) in {(204, 200), (403, 409)}
        return answer.is_success

    both = SecretStr(f"{NEW_SEALING},{SEALING_KEY}")
    async with beside(sealing_keys=both) as first:
        await ready(first)
        assert await accepts(first)
    async with beside(sealing_keys=SecretStr(NEW_SEALING)) as too_early:
        await ready(too_early)
        assert not await accepts(too_early)

    values: dict[str, Any] = {
        "amqp_url": SecretStr("amqp://-/"),
        "redis_url": SecretStr("redis://-"),
    }
    settings = IngestSettings(**values, **KEYS, mongo_url=SecretStr(installation.mongo))
    mongo = Mongo(settings, {})
    result = await reseal(MongoDeviceStore(mongo.database), Seal(both))
    await mongo.stop()
    assert result == Resealed(renewed=2)
    async with beside(sealing_keys=SecretStr(NEW_SEALING)) as last:
        await ready(last)
        assert await accepts(last)
