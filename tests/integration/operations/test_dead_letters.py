"""Dead letters: stored with their reason, listed for operators, replayed at most once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from aio_pika.abc import AbstractChannel

from softphone_common.bus import topology
from softphone_common.bus.envelope import ATTEMPT_HEADER, REASON_HEADER, Envelope
from softphone_testing.installation_keys import key_variables
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.bus.broker import broker_channel
from support.bus.dead_letters import missed_call, put_message
from support.product import Json
from support.stack.installation import Installation, running
from support.tenant.company import Company

LETTERS = "/api/dead-letters"
GARBAGE = {
    "no json": (b"\xff\xfe{", "softphone.call-observed.v1", "json"),
    "unknown type": (b"{}", "softphone.unheard-of.v1", "unknown message type"),
    "no type": (b"{}", "", "unknown message type"),
    "wrong shape": (b'{"tenant": "acme"}', "softphone.call-observed.v1", "observation"),
    "wrong tenant": (b'{"tenant": "ACME!"}', "softphone.call-observed.v1", "tenant"),
}
QUEUE = "calllog.call"


@pytest.fixture
async def channel(rabbitmq: RealServer) -> AsyncIterator[AbstractChannel]:
    async with broker_channel(rabbitmq.url) as channel:
        yield channel


async def letters(installation: Installation, **wanted: str) -> list[Json]:
    return list((await installation.get(LETTERS, installation.operator, **wanted))["items"])


async def dead_letter(
    installation: Installation,
    channel: AbstractChannel,
    company: Company,
    envelope: Envelope,
    times: int,
) -> Json:
    """Makes a dead letter of the message, and returns it once it has died `times` times."""
    more = {REASON_HEADER: "ValueError: a bad release", ATTEMPT_HEADER: 4, "x-death": "stamped"}
    copy = Envelope(envelope.body, {**envelope.headers, **more})
    await put_message(channel, copy, topology.dead(QUEUE))

    async def kept() -> Json | None:
        listed = await letters(installation, tenant=company.tenant)
        return listed[0] if listed and listed[0]["times"] == times else None

    letter = await until(kept, what="the letter")
    assert letter is not None
    return letter


@pytest.mark.parametrize("queue", ["calllog.call", "matcher.call"])
@pytest.mark.parametrize(("body", "kind", "reason"), GARBAGE.values(), ids=GARBAGE.keys())
async def test_poison_is_dead_at_once_and_blocks_nothing(
    queue: str,
    body: bytes,
    kind: str,
    reason: str,
    installation: Installation,
    channel: AbstractChannel,
) -> None:
    poison = Envelope(body, {"cloudEvents_type": kind, "cloudEvents_id": uuid4().hex})
    await put_message(channel, poison, queue)

    async def kept() -> Json | None:
        listed = await letters(installation, queue=queue)
        mine = (one for one in listed if one["headers"]["cloudEvents_id"] == poison.id)
        return next(mine, None)

    letter = await until(kept, what="the letter")
    assert letter is not None
    assert reason.lower() in letter["reason"].lower()
    expected = {"queue": queue, "type": kind, "state": "waiting", "times": 1}
    assert {name: letter[name] for name in expected} == expected
    assert letter["body"] == body.decode("utf-8", "replace")
    tenant = await installation.make_tenant()
    record = await installation.make_record(tenant, "089 99998001")
    phone = await installation.make_phone(tenant)
    call = await phone.post_hits("ringing", extension="21", number="08999998001")

    async def matched() -> bool:
        seen = await installation.get(f"/api/calls/{call}", installation.token(tenant))
        return [match["record"] for match in seen["matches"]] == [record]

    await until(matched, what="the next call, with its match")
    assert (
        await installation.ask("DELETE", f"{LETTERS}/{letter['id']}", installation.operator)
    ).is_success


async def test_letter_replayed_at_once_by_several_makes_one_call(
    installation: Installation, company: Company, channel: AbstractChannel
) -> None:
    envelope = missed_call(company.tenant)[1]
    letter = await dead_letter(installation, channel, company, envelope, 1)
    assert letter["reason"] == "ValueError: a bad release"
    replay = f"{LETTERS}/{letter['id']}/replay"
    answers = await asyncio.gather(
        *(installation.ask("POST", replay, installation.operator) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409]
    (call,) = await until(lambda: installation.calls(company.admin.token), what="the call")
    assert (call["phase"], call["remote"]["e164"]) == ("missed", "+498999998001")
    shown = await installation.get(f"{LETTERS}/{letter['id']}", installation.operator)
    assert (shown["state"], shown["replayed_at"] is not None) == ("replayed", True)
    # the message dies again: this makes neither a second letter nor a second call
    again = await dead_letter(installation, channel, company, envelope, 2)
    assert (again["id"], again["state"]) == (letter["id"], "waiting")
    assert again["first_at"] < again["last_at"]
    assert (await installation.post(replay, installation.operator))["state"] == "replayed"
    marker = await company.phone.post_hits("ringing", extension="21", number="08999998002")
    await installation.logged(company.admin.token, marker, phase="ringing")
    assert {c["id"] for c in await installation.calls(company.admin.token)} == {call["id"], marker}


async def test_waiting_letters_are_listed_and_replayed_in_pages(
    installation: Installation, channel: AbstractChannel
) -> None:
    company = await installation.make_company()
    for times in range(5):
        envelope = missed_call(company.tenant)[1]
        await put_message(channel, envelope, topology.dead(QUEUE))

        async def kept(count: int = times + 1) -> bool:
            return len(await letters(installation, tenant=company.tenant)) == count

        await until(kept, what="the letter")
    first = await installation.get(LETTERS, installation.operator, tenant=company.tenant, limit="3")
    second = await installation.get(
        LETTERS, installation.operator, tenant=company.tenant, limit="3", cursor=first["next"]
    )
    assert (len(first["items"]), len(second["items"]), second["next"]) == (3, 2, None)
    assert len({one["id"] for one in first["items"] + second["items"]}) == 5
    path = f"{LETTERS}/replay?tenant={company.tenant}&limit=4"
    assert await installation.post(path, installation.operator) == {"replayed": 4}
    assert await installation.post(path, installation.operator) == {"replayed": 1}
    assert await letters(installation, tenant=company.tenant, state="waiting") == []

    async def logged() -> bool:
        return len(await installation.calls(company.admin.token)) == 5

    await until(logged, what="all calls")


async def test_letter_replayed_without_the_broker_stays_waiting(
    rabbitmq: RealServer,
    redis_server: RealServer,
    installation: Installation,
    channel: AbstractChannel,
) -> None:
    company = await installation.make_company()
    letter = await dead_letter(installation, channel, company, missed_call(company.tenant)[1], 1)
    path = f"{LETTERS}/{letter['id']}"
    way = FaultProxy(rabbitmq.url)
    another = running(
        way.url, installation.mongo, redis_server.url, only={"janitor"}, publish_seconds=0.5
    )
    async with another as janitor:
        await until(janitor.is_listening, what="the other janitor")
        assert (
            await janitor.ask("POST", f"{path}/replay", installation.operator)
        ).status_code == 503
    assert (await installation.get(path, installation.operator))["state"] == "waiting"
    assert (await installation.ask("DELETE", path, installation.operator)).status_code == 204
    for method, gone in (("DELETE", path), ("GET", path), ("POST", f"{path}/replay")):
        assert (await installation.ask(method, gone, installation.operator)).status_code == 404


async def test_letters_are_refused_to_administrators(
    installation: Installation, company: Company
) -> None:
    assert (await installation.ask("GET", LETTERS, company.admin.token)).status_code == 403


async def test_commands_list_show_replay_and_drop_letters(
    rabbitmq: RealServer,
    redis_server: RealServer,
    installation: Installation,
    channel: AbstractChannel,
) -> None:
    company = await installation.make_company()
    env = {
        "PATH": os.environ["PATH"],
        "SOFTPHONE_AMQP_URL": rabbitmq.url,
        "SOFTPHONE_MONGO_URL": installation.mongo,
        "SOFTPHONE_REDIS_URL": redis_server.url,
        **key_variables("janitor"),
    }

    async def run_command(*words: str) -> tuple[int, str, str]:
        program = str(Path(sys.executable).with_name("softphone"))
        command = [program, "janitor", "dead-letters", *words]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, check=False, env=env
        )
        return done.returncode, done.stdout, done.stderr

    id_ = (await dead_letter(installation, channel, company, missed_call(company.tenant)[1], 1))[
        "id"
    ]
    code, listed, _ = await run_command("list", "--tenant", company.tenant)
    assert (code, listed.split()[0], "waiting" in listed) == (0, id_, True)
    code, shown, _ = await run_command("show", id_)
    assert (code, '"reason": "ValueError: a bad release"' in shown) == (0, True)
    assert await run_command("replay", id_) == (0, f"replayed {id_}\n", "")
    code, _, complaint = await run_command("replay", id_)
    assert (code, complaint) == (1, f"{id_}: no dead letter that waits has this id\n")
    await until(lambda: installation.calls(company.admin.token), what="the call")
    await dead_letter(installation, channel, company, missed_call(company.tenant)[1], 1)
    await put_message(channel, Envelope(b"dies again at once", {}), QUEUE)
    await until(lambda: letters(installation, queue=QUEUE, tenant=""), what="the poison's letter")
    code, output, _ = await run_command("replay", "--all", "--queue", QUEUE)
    assert (code, int(output.split()[1]) >= 2) == (0, True)
    assert await letters(installation, tenant=company.tenant, state="waiting") == []
    assert await run_command("drop", id_) == (0, f"dropped {id_}\n", "")
    code, _, complaint = await run_command("show", id_)
    assert (code, id_ in complaint) == (1, True)
    assert (await run_command("replay"))[0] == 2
