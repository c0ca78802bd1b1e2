"""Kills any one node of a cluster of three brokers."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from faults.cluster import NODES, Cluster, Node, clustered
from faults.conftest import RunFault
from faults.hosts import LOOPBACK
from faults.site import Site, working


@pytest.fixture(scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    async with clustered([LOOPBACK] * NODES, tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def clustered_site(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(working(tmp_path_factory.mktemp("site"), cluster))
        assert set((await cluster.members()).values()) == {NODES}
        yield site


@asynccontextmanager
async def killed(node: Node) -> AsyncIterator[None]:
    await node.kill()
    try:
        yield
    finally:
        await node.start()


async def test_cluster_with_a_killed_node_loses_nothing(
    cluster: Cluster, clustered_site: Site, each_node: int, run_fault: RunFault
) -> None:
    node = cluster.nodes[each_node]
    await run_fault(
        clustered_site, f"kill node {each_node + 1} of {NODES}", lambda *_: killed(node)
    )
