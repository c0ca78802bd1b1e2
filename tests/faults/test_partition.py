"""Cuts off the node that leads most queues, in a cluster of three hosts."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from faults.cluster import NODES, Cluster, Node, clustered
from faults.conftest import RunFault
from faults.hosts import networked
from faults.site import Site, working
from softphone_testing.until import until

SECONDS = 60.0


@pytest.fixture(scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    async with networked(NODES) as hosts, clustered(hosts, folder) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def clustered_site(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    async with working(tmp_path_factory.mktemp("site"), cluster) as site:
        yield site


@asynccontextmanager
async def cut_off(node: Node) -> AsyncIterator[None]:
    async def halted() -> bool:
        return not await node.is_serving()

    async with node.host.unplugged():
        await until(halted, SECONDS, f"{node.name} to halt")
        yield


async def test_cluster_with_a_node_cut_off_loses_nothing(
    cluster: Cluster, clustered_site: Site, run_fault: RunFault
) -> None:
    leaders = Counter(node.name for node in (await cluster.leaders()).values())
    most = next(node for node in cluster.nodes if node.name == leaders.most_common(1)[0][0])
    await run_fault(clustered_site, "partition one node away", lambda *_: cut_off(most))
    await until(most.is_serving, SECONDS, f"{most.name} to be back")
