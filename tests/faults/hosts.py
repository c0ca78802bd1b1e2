"""Hosts for nodes: this machine, or network namespaces whose connection can be cut."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

IP = "/usr/sbin/ip"


@dataclass(frozen=True)
class Host:
    """An address for a program, and the network namespace that has it, if any."""

    address: str
    namespace: str = ""
    plug: str = ""
    """The end of the veth pair that is attached to the bridge."""

    def command(self, *words: str) -> list[str]:
        """The command line that runs a program on this host."""
        return [IP, "netns", "exec", self.namespace, *words] if self.namespace else [*words]

    @asynccontextmanager
    async def unplugged(self) -> AsyncIterator[None]:
        """Drops all packets from and to the host, so that connections fall silent."""
        await _ip("link", "set", self.plug, "down")
        try:
            yield
        finally:
            await _ip("link", "set", self.plug, "up")


LOOPBACK = Host("127.0.0.1")


@asynccontextmanager
async def networked(count: int) -> AsyncIterator[list[Host]]:
    """Hosts on a new bridge that this process can reach; needs root and iproute2."""
    assert os.geteuid() == 0, "network namespaces need root: run this test as root"
    net = os.getpid() % 250 + 1
    bridge = f"sp{net}"
    async with AsyncExitStack() as stack:
        await _ip("link", "add", bridge, "type", "bridge")
        stack.push_async_callback(_ip, "link", "delete", bridge)
        await _ip("address", "add", f"10.213.{net}.254/24", "dev", bridge)
        await _ip("link", "set", bridge, "up")
        yield [await _host(stack, bridge, net, number) for number in range(1, count + 1)]


async def _host(stack: AsyncExitStack, bridge: str, net: int, number: int) -> Host:
    name = f"{bridge}n{number}"
    host = Host(f"10.213.{net}.{number}", name, f"{name}out")
    await _ip("netns", "add", name)
    stack.push_async_callback(_ip, "netns", "delete", name)
    await _ip("link", "add", host.plug, "type", "veth", "peer", "name", "wire", "netns", name)
    await _ip("link", "set", host.plug, "master", bridge, "up")
    inside = ("-netns", name)
    await _ip(*inside, "link", "set", "lo", "up")
    await _ip(*inside, "address", "add", f"{host.address}/24", "dev", "wire")
    await _ip(*inside, "link", "set", "wire", "up")
    return host


async def _ip(*words: str) -> None:
    child = await asyncio.create_subprocess_exec(IP, *words, stderr=asyncio.subprocess.PIPE)
    _, complaint = await child.communicate()
    assert child.returncode == 0, f"ip {' '.join(words)}: {complaint.decode()}"
