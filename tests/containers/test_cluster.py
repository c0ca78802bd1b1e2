"""One RabbitMQ node becomes three that know each other, with the messages that it has.

`CONVERSIONS=10 make containers` repeats the conversion.
"""

import json
import os
from collections.abc import AsyncIterator

import pytest

from containers.engine import Engine
from containers.product import company_in
from containers.project import Project
from support.tenant.traffic import traffic_of
from support.waiting import until_passes

NODES = ("rabbitmq", "rabbitmq2", "rabbitmq3")
CONVERSIONS = int(os.environ.get("CONVERSIONS", "1"))
WAITING = 20
"""Calls whose messages lie in the queues of calllog while the nodes join."""


@pytest.fixture(params=range(CONVERSIONS))
async def single(engine: Engine) -> AsyncIterator[Project]:
    """A new installation with one node, in the place of the former one."""
    project = await Project.create(engine)
    await project.up()
    yield project
    await project.down()


async def test_single_node_with_data_becomes_a_cluster_of_three(single: Project) -> None:
    async with company_in(single) as company:
        await company.make_calls(5)
        await company.until_logged()
        await single.compose("stop", "calllog")
        await company.make_calls(WAITING)
        single.use_cluster()
        async with traffic_of(company) as traffic:
            await single.up()
            await traffic.more(10)
        assert {node: await members(single, node) for node in NODES} == dict.fromkeys(NODES, NODES)
        await company.until_logged()
        await until_passes(lambda: has_queues_on_all_nodes(single), "members on all nodes")
        await single.compose("stop", "rabbitmq")
        async with traffic_of(company) as traffic:
            await traffic.more(10)
        await company.until_logged()
        await single.compose("down", "--timeout", "60")
        await single.up()
        await company.make_call()
        await company.until_logged()


async def members(project: Project, node: str) -> tuple[str, ...]:
    """The hosts of the nodes that run in the cluster of this node."""
    status = await project.exec(node, "rabbitmqctl", "cluster_status", "--formatter", "json")
    running: list[str] = json.loads(status)["running_nodes"]
    return tuple(sorted(name.removeprefix("rabbit@") for name in running))


async def has_queues_on_all_nodes(project: Project) -> None:
    """Asserts that each quorum queue has a member on each node."""
    listed = await project.exec(
        "rabbitmq", "rabbitmqctl", "list_queues", "name", "type", "members", "--formatter", "json"
    )
    queues = {q["name"]: q["members"] for q in json.loads(listed) if q["type"] == "quorum"}
    assert queues
    assert {name: len(nodes) for name, nodes in queues.items()} == dict.fromkeys(queues, 3)
