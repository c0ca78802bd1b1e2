"""The services with users of their own, who may do what each service needs and nothing else."""

import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import aio_pika
import aiormq
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection
from pydantic import SecretStr
from pymongo import monitoring

from softphone_common.bus import topology
from softphone_common.bus.envelope import Envelope
from softphone_common.contracts.catalogue import CATALOGUE, EXCHANGE, patterns
from softphone_common.roles.broker import SERVICES
from softphone_common.roles.database import COLLECTIONS, actions, grant
from softphone_common.runtime.commands.setup import SetupSettings, passwords_of, prepare
from softphone_common.stores.mongo import Mongo
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.servers.identity import Identity, write_private
from softphone_testing.servers.ports import free_port
from softphone_testing.servers.rabbitmq import RabbitMQ
from softphone_testing.until import until
from support.bus.dead_letters import missed_call, put_message
from support.deployment import DEPLOY, make_secrets
from support.product import Json
from support.stack.installation import Installation, database, drop, ready, running
from support.stack.mongo_commands import MongoCommands
from support.tenant.browser import signed_in
from support.waiting import until_passes

COMMANDS = MongoCommands()
QUEUES = [queue.name for queue in topology.work_queues()]
RETRY = [(exchange, queue.name) for exchange, queue in topology.retry_queues()]


@dataclass
class Site:
    """Services with users of their own over a broker of this test."""

    installation: Installation
    broker: RabbitMQ
    addresses: dict[str, str]
    ports: dict[str, int]
    database: str


class DeployedBroker(RabbitMQ):
    """A broker that imports users and rights at its start, as the node of the compose file does."""

    def __init__(self, folder: Path, secrets: Path) -> None:
        super().__init__(folder)
        imported = folder / "definitions.d"
        imported.mkdir()
        shutil.copy(secrets / "rabbitmq_users.json", imported / "10-users.json")
        shutil.copy(DEPLOY / "rabbitmq" / "exchanges.json", imported / "15-exchanges.json")
        shutil.copy(DEPLOY / "rabbitmq" / "rights.json", imported / "20-rights.json")
        password = (secrets / "amqp_password").read_text()
        administrator = Identity(f"softphone-{uuid4().hex[:8]}", free_port(), "softphone", password)
        write_private(folder / "identity.json", json.dumps(asdict(administrator)))

    def _write_files(self) -> None:
        super()._write_files()
        lines = (DEPLOY / "rabbitmq" / "node.conf").read_text().splitlines()
        (line,) = (line for line in lines if line.startswith("load_definitions = "))
        configuration = self.folder / "rabbitmq.conf"
        own = line.replace("/etc/rabbitmq", str(self.folder))
        configuration.write_text(f"{configuration.read_text()}{own}\n")


def address(url: str, user: str, password: str, **changes: str) -> str:
    """The address of the server for another user."""
    parts = urlsplit(url)
    netloc = f"{user}:{password}@{parts.hostname}:{parts.port}"
    return parts._replace(netloc=netloc, **changes).geturl()


@pytest.fixture(scope="module")
async def site(
    mongodb: RealServer, redis_server: RealServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("secrets") / "secrets.d"
    make_secrets(folder)
    secrets = {file.name: file.read_text() for file in folder.iterdir()}
    broker = DeployedBroker(tmp_path_factory.mktemp("rabbitmq"), folder)
    await broker.start()
    own = database(mongodb.url, name := f"test-{uuid4().hex[:12]}")
    of_service = f"authSource={name}&directConnection=true"
    amqp, mongo, proxies = {}, {}, {}
    for service in SERVICES:
        amqp[service] = address(broker.url, service, secrets[f"{service}_amqp_password"])
        password = secrets[f"{service}_mongo_password"]
        proxies[service] = FaultProxy(address(own, service, password, query=of_service))
        await proxies[service].start()
        mongo[service] = proxies[service].url
    monitoring.register(COMMANDS)
    settings = {
        service: {
            "amqp_url": SecretStr(amqp[service]),
            "mongo_url": SecretStr(mongo[service]),
            "declare_topology": False,
        }
        for service in SERVICES
    }
    passwords = SecretStr(secrets["mongo_passwords"])
    setup = SetupSettings(
        amqp_url=SecretStr(broker.url), mongo_url=SecretStr(own), mongo_passwords=passwords
    )
    mongo_of_setup = Mongo(setup, {})
    await grant(mongo_of_setup.database, passwords_of(passwords))
    await mongo_of_setup.stop()
    try:
        async with running(broker.url, own, redis_server.url, own=settings) as installation:
            await until_reported(installation, "softphone setup")
            await prepare(setup)
            await ready(installation)
            ports = {each: urlsplit(url).port or 0 for each, url in mongo.items()}
            yield Site(installation, broker, amqp, ports, name)
    finally:
        for proxy in proxies.values():
            await proxy.cut()
        await broker.stop()
    await drop(own)


async def until_reported(installation: Installation, text: str) -> None:
    """Waits until readiness gives this reason."""

    async def is_reported() -> bool:
        await until(installation.is_listening, what="the server")
        return text in (await installation.client.get("/readyz")).text

    await until(is_reported, what=f"{text} in /readyz")


@pytest.fixture(scope="module")
async def workday(site: Site) -> None:
    """Phones, users, administrators and operators at work, so that every store is used."""
    installation = site.installation
    company = await installation.make_company()
    record = await installation.make_record(company.tenant, "089 99998001")
    anna = await installation.make_user(company.tenant)
    events = ("ringing", "connected", "ended")
    async with signed_in(installation.url, anna.token) as browser:
        call = await company.phone.post_hits(*events, extension="21", number="08999998001")

        async def is_shown() -> bool:
            states = [each for each in browser.calls() if each["id"] == call]
            assert states
            assert (states[-1]["phase"], len(states[-1]["matches"])) == ("ended", 1), states[-1]
            return True

        await until(is_shown, what="the popup with its match")

    async def is_logged() -> None:
        logged = await installation.logged(company.admin.token, call, phase="ended")
        assert [match["record"] for match in logged["matches"]] == [record]

    await until_passes(is_logged, "the match in the log")
    comment = f"/api/calls/{call}/comments"
    deeds = [
        (anna.token, "PUT", "/api/dial/link", {"link": "tel:{number}"}),
        (anna.token, "DELETE", "/api/dial/link", None),
        (anna.token, "POST", "/api/dial", {"number": "08999998002", "extension": "21"}),
        (anna.token, "POST", "/api/calls/missed/seen", {}),
        (company.admin.token, "POST", comment, {"text": "calls back", "record": record}),
        (company.admin.token, "DELETE", f"/api/calls/{call}", None),
        (company.admin.token, "POST", f"/api/recycle-bin/{call}/restore", None),
        (company.admin.token, "DELETE", f"/api/directory/records/{record}", None),
        (company.admin.token, "DELETE", f"/api/devices/{company.phone.id}", None),
        (company.admin.token, "DELETE", f"/api/users/{anna.id}", None),
        (installation.operator, "POST", "/api/sweeps", {"tenant": company.tenant}),
    ]
    for token, method, path, body in deeds:
        answer = await installation.ask(method, path, token, body)
        assert answer.is_success, (method, path, answer.text)
    await die_and_replay(site, company.tenant)


async def die_and_replay(site: Site, tenant: str) -> None:
    """A message that died in calllog's queue is kept by janitor, replayed, and handled."""
    installation = site.installation
    call, envelope = missed_call(tenant)
    garbage = Envelope(b"{", envelope.headers)
    async with await aio_pika.connect(site.broker.url) as connection:
        channel = await connection.channel()
        await put_message(channel, envelope, topology.dead("calllog.call"))
        await put_message(channel, garbage, "matcher.call")

    async def kept() -> Json:
        path = "/api/dead-letters"
        listed = (await installation.get(path, installation.operator, tenant=tenant))["items"]
        return {letter["queue"]: letter for letter in listed}

    async def are_kept() -> Json | None:
        letters = await kept()
        return letters if letters.keys() == {"calllog.call", "matcher.call"} else None

    letters = await until(are_kept, what="both letters")
    assert letters is not None
    path = f"/api/dead-letters/{letters['calllog.call']['id']}/replay"
    await installation.post(path, installation.operator)
    await installation.logged(installation.token(tenant), call, phase="missed")


async def test_services_work_with_the_rights_they_have(site: Site, workday: None) -> None:
    answer = await site.installation.client.get("/readyz")
    assert answer.json()["status"] == "ok", answer.text
    log = (site.broker.folder / "rabbitmq.log").read_text()
    assert [line for line in log.splitlines() if "refused for user" in line] == []


# --- RabbitMQ -------------------------------------------------------------------------------------

Attempt = Callable[[AbstractChannel], Awaitable[object]]


async def may(connection: AbstractConnection, attempt: Attempt) -> bool:
    """Whether RabbitMQ allows what the attempt does on a channel of its own."""
    channel = await connection.channel()
    try:
        await attempt(channel)
    except aiormq.exceptions.ChannelAccessRefused:
        return False
    await channel.close()
    return True


async def get(queue: str, channel: AbstractChannel) -> None:
    await (await channel.get_queue(queue, ensure=False)).get(fail=False, no_ack=False)


async def publish(exchange: str, key: str, channel: AbstractChannel) -> None:
    underlay = await channel.get_underlay_channel()
    # with a type nobody handles, and without `mandatory`, since some exchanges route it nowhere
    await underlay.basic_publish(b"{}", exchange=exchange, routing_key=key, mandatory=False)


async def bind(name: str, key: str, channel: AbstractChannel) -> None:
    queue = await channel.declare_queue(name, exclusive=True, auto_delete=True)
    await queue.bind(EXCHANGE, key)


async def delete(queue: str, channel: AbstractChannel) -> None:
    await channel.queue_delete(queue, if_unused=True, if_empty=True)


async def declare(queue: str, channel: AbstractChannel) -> None:
    await channel.declare_queue(queue, durable=True)


@pytest.fixture(params=SERVICES)
async def user(
    site: Site, workday: None, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[str, AbstractConnection]]:
    """The name of a service, and a connection of its user."""
    async with await aio_pika.connect(site.addresses[request.param]) as connection:
        yield request.param, connection


async def allowed(
    connection: AbstractConnection, names: Iterable[str], attempt: Callable[..., Awaitable[object]]
) -> set[str]:
    """The names with which RabbitMQ allows the attempt."""
    return {name for name in names if await may(connection, partial(attempt, name))}


async def test_user_of_a_service_reads_its_own_queues(user: tuple[str, AbstractConnection]) -> None:
    service, connection = user
    own = {n for n in QUEUES if n.startswith(f"{service}.") and not n.endswith(".dead")}
    dead = {n for n in QUEUES if n.endswith(".dead")} if service == "janitor" else set()
    assert await allowed(connection, QUEUES, get) == own | dead
    assert await allowed(connection, (n for _, n in RETRY), get) == set()


async def test_user_of_a_service_sends_its_own_messages(
    user: tuple[str, AbstractConnection],
) -> None:
    service, connection = user
    keys = {key: entry for entry in CATALOGUE for key in patterns(entry.message, "nobody")}
    sent = {key for key, entry in keys.items() if service in entry.senders}
    assert await allowed(connection, keys, partial(publish, EXCHANGE)) == sent
    work = {n for n in QUEUES if not n.endswith(".dead")}
    own = {n for n in QUEUES if n.startswith(f"{service}.")}
    by_name = (own - work) | (work if service == "janitor" else set())
    probes = {name: f"{name}" for name in QUEUES}
    assert await allowed(connection, probes, partial(publish, topology.QUEUES)) == by_name
    for delay, _ in RETRY:
        assert await allowed(connection, QUEUES, partial(publish, delay)) == own & work
    assert await allowed(connection, QUEUES, partial(publish, "")) == set()


async def test_user_of_a_service_binds_its_own_messages(
    user: tuple[str, AbstractConnection],
) -> None:
    service, connection = user
    instance = f"{service}.{'0' * 12}.{'0' * 8}"
    keys = {f"{entry.message.noun}.*.*": entry for entry in CATALOGUE}
    own = {key for key, entry in keys.items() if service in entry.subscribers}
    assert await allowed(connection, [*keys, "#", "*.*.*"], partial(bind, instance)) == own
    other = next(name for name in SERVICES if name != service)
    for name in (instance.replace(service, other), "x", "amq.gen-x"):
        assert not await may(connection, partial(declare, name)), name


async def test_user_of_a_service_deletes_nothing(user: tuple[str, AbstractConnection]) -> None:
    _, connection = user
    names = [*QUEUES, *(name for _, name in RETRY)]
    assert await allowed(connection, names, delete) == set()
    assert await allowed(connection, names, declare) == set()


# --- MongoDB --------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_role_covers_what_the_service_does(site: Site, workday: None, service: str) -> None:
    used = COMMANDS.of_port(site.ports[service])
    granted = actions(service)
    beyond = {
        (database, name, action)
        for database, name, action in used
        if database != site.database or action not in granted.get(name, ())
    }
    assert beyond == set()
    assert {name for _, name, _ in used} == set(granted), "a collection that is never used"
    # a service that only reads may only read
    for name in granted:
        changes = {action for _, used_name, action in used if used_name == name} - {"find"}
        assert bool(changes) == (COLLECTIONS[name].owner == service), name
