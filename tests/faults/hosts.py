"""Hosts to run nodes on: this machine, or namespaces on a bridge, each with a plug to pull."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

IP = "/usr/sbin/ip"


@dataclass(frozen=True)
class Host:
    """Where a program runs: an address, and the network namespace it is in, if in one."""

    address: str
    namespace: str = ""
    plug: str = ""
    """Our end of its wire."""

    def command(self, *words: str) -> list[str]:
        """The words that run a program there."""
        return [IP, "netns", "exec", self.namespace, *words] if self.namespace else [*words]

    @asynccontextmanager
    async def unplugged(self) -> AsyncIterator[None]:
        """Nothing reaches it and it reaches nobody; connections just fall silent."""
        await _ip("link", "set", self.plug, "down")
        try:
            yield
        finally:
            await _ip("link", "set", self.plug, "up")


LOOPBACK = Host("127.0.0.1")


@asynccontextmanager
async def networked(count: int) -> AsyncIterator[list[Host]]:
    """So many hosts in a network of their own, which this process can reach, too.

    Fails where that is not allowed: it takes root and Debian's iproute2.
    """
    assert os.geteuid() == 0, "hosts of their own take root: run this as root"
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
