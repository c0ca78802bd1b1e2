"""Which of a phone's call ids can tell calls apart, and what becomes of hits without Redis."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.stores.redis import Redis
from softphone_ingest.identity.call_keys import is_usable_external_id
from softphone_ingest.identity.redis_memory import RedisCallMemory
from softphone_ingest.identity.resolver import CallIdResolver, IdentityPolicy, Sender
from softphone_ingest.mapping.parsed_event import ParsedEvent
from softphone_ingest.mapping.schema import Scope
from softphone_ingest.settings import IngestSettings
from softphone_testing.installation_keys import KEYS
from softphone_testing.servers.ports import HOST, free_port

POLICY = IdentityPolicy(
    join_seconds=120,
    seconds=86_400,
    derived_seconds=14_400,
    reuse_seconds=30,
    derived_reuse_seconds=3,
    ring_seconds=180,
    clock_skew_seconds=300,
)
REMOTE = normalise("089 99998001", NumberProfile())
OTHER = normalise("0176 04069001", NumberProfile())
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SHORT = normalise("17", NumberProfile())
SCOPES: tuple[Scope, ...] = ("pbx", "shared", "device", "extension")


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(
    "external",
    [
        "a84b4c76",
        "1541078811.98",
        "313536-7k2m9x@192.168.1.21",
        "17",
        "000017",
        "33093",
        "3c26b0-aa@pbx.example.de",
        "{6f9619ff-8b86-5d01-b42d-00cf4fc964ff}",
        "+4989",
        "4989999980017",
    ],
)
def test_an_id_of_the_phone_is_usable(scope: Scope, external: str) -> None:
    assert is_usable_external_id(scope, external, REMOTE)
    assert is_usable_external_id(scope, external, None)
    assert not is_usable_external_id("none", external, REMOTE)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(
    "external",
    [
        *("", "$call_id", "$call-id", "%1", "{callid}", "${UNIQUEID}", "[CALLID]", "<id>"),
        *("<call-id>", "null", "NONE", "undefined", "unknown", "-", "--", "000"),
    ],
)
def test_a_placeholder_is_not(scope: Scope, external: str) -> None:
    assert not is_usable_external_id(scope, external, REMOTE)
    assert not is_usable_external_id(scope, external, None)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(
    "external",
    ["08999998001", "+498999998001", "498999998001", "00498999998001", "8999998001", "99998001"],
)
def test_the_callers_number_is_not(scope: Scope, external: str) -> None:
    assert not is_usable_external_id(scope, external, REMOTE)
    assert not is_usable_external_id(
        scope, external, normalise("+49 (0) 89 / 99998001", NumberProfile())
    )


@pytest.mark.parametrize(
    ("external", "scope", "is_usable"),
    [
        ("0", "pbx", False),
        ("0", "device", True),
        ("17", "pbx", False),
        ("17", "device", True),
    ],
)
def test_a_counter_of_one_phone_may_be_short(external: str, scope: Scope, is_usable: bool) -> None:
    assert is_usable_external_id(scope, external, SHORT) == is_usable


@pytest.fixture
async def forgetful() -> AsyncIterator[CallIdResolver]:
    nowhere = SecretStr(f"redis://{HOST}:{free_port()}/0")
    secret = SecretStr("not a secret, long enough to be taken for one")
    values: dict[str, Any] = {"amqp_url": secret, "mongo_url": secret, **KEYS}
    settings = IngestSettings(redis_url=nowhere, **values)
    redis = Redis(settings, essential=False)
    yield CallIdResolver(RedisCallMemory(redis), POLICY)
    await redis.stop()


@dataclass(frozen=True)
class Resolved:
    call_id: str
    identity: str


async def resolved(
    resolver: CallIdResolver, sender: Sender, event: ParsedEvent, now: datetime
) -> Resolved:
    (observation,) = await resolver.resolve(sender, [event], now)
    return Resolved(observation.call_id, observation.identity)


async def test_without_redis_ids_alone_tell_calls_apart(forgetful: CallIdResolver) -> None:
    async def resolve(
        scope: Scope = "pbx", device: str = "1", tenant: str = "acme", **fields: Any
    ) -> Resolved:
        sender, event = Sender(tenant, device, scope), ParsedEvent(**fields, remote=REMOTE)
        return await resolved(forgetful, sender, event, NOW)

    first = await resolve(phase="ringing", extension="21", external_id="A")
    assert first == await resolve(phase="ended", external_id="A")
    assert first.identity == "phone"
    others = [
        await resolve(phase="ringing", extension="21", external_id="B", linked_id="A"),
        await resolve("device", "1", phase="ringing", external_id="A"),
        await resolve("device", "2", phase="ringing", external_id="A"),
        await resolve("pbx", "2", phase="ringing", external_id="A"),
        await resolve("shared", phase="ringing", external_id="A"),
        await resolve(tenant="huber", phase="ringing", external_id="A"),
    ]
    assert len({first, *others}) == 7
    assert others[-2] == await resolve("shared", "2", phase="ended", external_id="A")
    assert others[0] == await resolve(phase="ended", external_id="B")


async def test_counter_without_redis_is_one_call_in_an_hour(forgetful: CallIdResolver) -> None:
    """The same count on the next day is another call; an id of a whole system never is."""
    minutes = (0, 59, 60, 24 * 60)

    async def call_ids(scope: Scope) -> list[str]:
        event = ParsedEvent("ringing", "21", external_id="7", remote=REMOTE)
        calls = [
            await resolved(
                forgetful, Sender("acme", "d1", scope), event, NOW + timedelta(minutes=minute)
            )
            for minute in minutes
        ]
        assert {each.identity for each in calls} == {"phone"}
        return [each.call_id for each in calls]

    local: tuple[Scope, ...] = ("device", "extension")
    for scope in local:
        first, same, next_hour, next_day = await call_ids(scope)
        assert first == same
        assert len({first, next_hour, next_day}) == 3
    assert len(set(await call_ids("pbx"))) == 1


async def test_hits_without_id_and_redis_get_derived_ids(
    forgetful: CallIdResolver,
) -> None:
    ring, end = ParsedEvent("ringing", "21", external_id="$call_id"), ParsedEvent("ended", "21")
    ids = [
        await resolved(
            forgetful,
            Sender("acme", "d1", "pbx"),
            replace(hit, remote=remote),
            NOW + timedelta(seconds=seconds),
        )
        for hit, remote, seconds in (
            (ring, REMOTE, 0),
            (end, normalise("+49 89 99998001", NumberProfile()), 60),
            (ring, OTHER, 0),
            (ParsedEvent("ringing", "22"), REMOTE, 0),
            (ParsedEvent("ringing"), REMOTE, 0),
            (end, None, 0),
            (ring, REMOTE, 600),
        )
    ]
    assert ids[0] == ids[1]
    assert {each.identity for each in ids} == {"derived"}
    assert len({each.call_id for each in ids}) == len(ids) - 1
