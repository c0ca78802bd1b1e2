"""Three RabbitMQ nodes on this machine as one cluster, on loopback or each on a host of its own."""

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from faults.hosts import Host
from softphone_testing.servers.child import Child
from softphone_testing.servers.identity import write_private
from softphone_testing.servers.ports import free_port
from softphone_testing.servers.rabbitmq import login, programs
from support.paths import ROOT

CONFIGURATION = ROOT / "deploy" / "rabbitmq"
"""The file that operators use; only the names of the nodes are replaced."""
NODES = 3
USER = "softphone"
READY_SECONDS = 120.0
TICK_SECONDS = 4
"""Silence after which the other nodes consider a node down (`net_ticktime`)."""


@dataclass(frozen=True)
class Membership:
    """The data that every node needs to join the cluster."""

    names: tuple[str, ...]
    cookie: str
    password: str
    mapper_port: int


class Node:
    """One member of the cluster. Its data survives a kill and a restart."""

    def __init__(self, name: str, host: Host, folder: Path, cluster: Membership) -> None:
        self.name = name
        self.host = host
        self.port, self._distribution_port = free_port(), free_port()
        self._folder = folder
        self._cluster = cluster
        script, _ = programs()
        self._child = Child(name, host.command(script), folder=folder, env=self._environment())

    @property
    def url(self) -> str:
        return f"amqp://{USER}:{self._cluster.password}@{self.host.address}:{self.port}/"

    async def start(self) -> None:
        """Starts the node and returns when it accepts a login."""
        await self.begin()
        await self.wait_ready()

    async def begin(self) -> None:
        """Starts the node without waiting: members of a new cluster wait for each other."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not (self._folder / ".erlang.cookie").exists():
            write_private(self._folder / ".erlang.cookie", self._cluster.cookie, 0o400)
        write_private(self._folder / "rabbitmq.conf", "\n".join(self._settings()) + "\n")
        write_private(self._folder / "enabled_plugins", "[].\n")
        await self._child.start()

    async def wait_ready(self) -> None:
        async def answers() -> bool:
            who = (USER, self._cluster.password)
            return await login(self.host.address, self.port, *who) is not None

        await self._child.wait_ready(answers, READY_SECONDS)

    async def kill(self) -> None:
        await self._child.kill()

    async def stop(self) -> None:
        await self._child.stop(10)

    def pause(self) -> None:
        self._child.pause()

    def resume(self) -> None:
        self._child.resume()

    async def control(self, *words: str) -> str:
        """Runs `rabbitmqctl` with these words and returns its output."""
        script, _ = programs()
        command = self.host.command(str(Path(script).with_name("rabbitmqctl")))
        child = await asyncio.create_subprocess_exec(
            *(*command, "--longnames", "--quiet", *words),
            env=self._environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        answer = (await child.communicate())[0].decode()
        assert child.returncode == 0, answer
        return answer

    async def is_serving(self) -> bool:
        """Whether the node serves clients. A node in the minority runs, but is paused."""
        return (await self.control("eval", "rabbit:is_running().")).strip() == "true"

    def _settings(self) -> list[str]:
        names = iter(self._cluster.names)
        deployed = [
            line
            for name in ("node.conf", "cluster.conf")
            for line in (CONFIGURATION / name).read_text().splitlines()
            # users of a container's folder; here one user does everything
            if not line.startswith("load_definitions")
        ]
        return [
            *(re.sub(r"rabbit@\w+", lambda _: next(names), line) for line in deployed),
            f"listeners.tcp.1 = {self.host.address}:{self.port}",
            f"default_user = {USER}",
            f"default_pass = {self._cluster.password}",
            f"net_ticktime = {TICK_SECONDS}",
            "disk_free_limit.absolute = 50MB",
            "log.file = false",
            "log.console = true",
        ]

    def _environment(self) -> dict[str, str]:
        interface = self.host.address.replace(".", ",")
        erlang = f"-noinput +S 1:1 +SDio 2 -kernel inet_dist_use_interface {{{interface}}}"
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_USE_LONGNAME": "true",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "logs"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ALLOW_INPUT": "true",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": erlang,
            "ERL_EPMD_PORT": str(self._cluster.mapper_port),
            "ERL_CRASH_DUMP_BYTES": "0",
        }


class Cluster:
    """All nodes. `url` holds the address of each, separated by commas, as services take it."""

    description = "RabbitMQ, three nodes"

    def __init__(self, hosts: list[Host], folder: Path) -> None:
        # the address alone is no name: on loopback all nodes share it
        names = tuple(f"rabbit{number}@{host.address}" for number, host in enumerate(hosts, 1))
        cluster = Membership(names, secrets.token_hex(20), secrets.token_urlsafe(24), free_port())
        self.nodes = [
            Node(name, host, folder / name.partition("@")[0], cluster)
            for name, host in zip(names, hosts, strict=True)
        ]
        _, mapper = programs()
        self._mappers = [
            Child(
                f"epmd-{number}",
                host.command(mapper, "-port", str(cluster.mapper_port)),
                folder=folder,
                env={"PATH": os.environ["PATH"]},
            )
            for number, host in enumerate({host.namespace: host for host in hosts}.values())
        ]

    @property
    def url(self) -> str:
        return ",".join(node.url for node in self.nodes)

    async def start(self) -> None:
        """Starts all nodes and returns when each accepts a login."""
        for mapper in self._mappers:
            await mapper.start()
        for node in self.nodes:
            await node.begin()
        await asyncio.gather(*(node.wait_ready() for node in self.nodes))

    async def stop(self) -> None:
        await asyncio.gather(*(node.kill() for node in self.nodes))
        for mapper in self._mappers:
            await mapper.kill()

    async def kill(self) -> None:
        """Kills all nodes at the same time."""
        await asyncio.gather(*(node.kill() for node in self.nodes))

    def pause(self) -> None:
        for node in self.nodes:
            node.pause()

    def resume(self) -> None:
        for node in self.nodes:
            node.resume()

    async def leaders(self) -> dict[str, Node]:
        """The leader of each quorum queue, by the name of the queue."""
        answer = await self.nodes[0].control("list_queues", "name", "type", "leader", "members")
        rows = [line.split("\t") for line in answer.splitlines()]
        by_name = {node.name: node for node in self.nodes}
        return {row[0]: by_name[row[2]] for row in rows if row[1] == "quorum"}

    async def members(self) -> dict[str, int]:
        """The number of members of each quorum queue, by the name of the queue."""
        answer = await self.nodes[0].control("list_queues", "name", "type", "members")
        rows = [line.split("\t") for line in answer.splitlines()]
        return {row[0]: row[2].count("@") for row in rows if row[1] == "quorum"}


@asynccontextmanager
async def clustered(hosts: list[Host], folder: Path) -> AsyncIterator[Cluster]:
    """A running cluster, stopped at the end even if its start failed halfway."""
    cluster = Cluster(hosts, folder)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(cluster.stop)
        await cluster.start()
        yield cluster
