"""Each route requires its role and no higher one, whether its subject exists or not."""

from dataclasses import replace

import pytest

from softphone_common.bus import topology
from softphone_common.contracts.entities import Role
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.bus.broker import broker_channel
from support.bus.dead_letters import missed_call, put_message
from support.product import Json
from support.stack.full_company import make_full_company, visible_state
from support.stack.installation import Installation
from support.stack.routes import LEAST, OPEN, attempts, routes
from support.tenant.company import Company, Examples

LOWER: dict[Role, tuple[Role, ...]] = {
    "user": (),
    "admin": ("user",),
    "operator": ("user", "admin"),
}


@pytest.fixture(scope="module")
async def ours(installation: Installation) -> Company:
    return await make_full_company(installation)


@pytest.fixture(scope="module")
async def letter(installation: Installation, ours: Company, rabbitmq: RealServer) -> str:
    """The id of a dead letter of the company."""
    async with broker_channel(rabbitmq.url) as channel:
        await put_message(channel, missed_call(ours.tenant)[1], topology.dead("calllog.call"))
    wanted = {"tenant": ours.tenant}

    async def kept() -> list[Json]:
        page = await installation.get("/api/dead-letters", installation.operator, **wanted)
        return list(page["items"])

    (letter_,) = await until(kept, what="the letter")
    return str(letter_["id"])


async def test_every_route_is_in_the_table_of_roles(
    installation: Installation, ours: Company
) -> None:
    assert routes(installation.app) == set(LEAST) | OPEN, "a new route needs a role in the table"
    assert set(LEAST) == set(attempts(ours))
    assert not set(LEAST) & OPEN


async def test_route_with_a_lower_role_is_refused(
    installation: Installation, ours: Company, letter: str
) -> None:
    tokens: dict[Role, str] = {"user": ours.user.token, "admin": ours.admin.token}
    before = await visible_state(installation, ours)
    requests, reached = 0, {}
    for route, (path, body) in attempts(ours, letter).items():
        for role in LOWER[LEAST[route]]:
            requests += 1
            answer = await installation.ask(route.partition(" ")[0], path, tokens[role], body)
            if answer.status_code != 403:
                reached[route, role] = answer.status_code
    assert reached == {}
    assert requests > len(LEAST) / 2
    assert await visible_state(installation, ours) == before
    held = await installation.get(f"/api/dead-letters/{letter}", installation.operator)
    assert held["state"] == "waiting"


async def test_route_with_its_least_role_is_allowed(
    installation: Installation, ours: Company
) -> None:
    """All ids are unknown, so that no request removes what the next one needs."""
    tokens = {"user": ours.user.token, "admin": ours.admin.token, "operator": installation.operator}
    nothing = replace(
        ours,
        phone=installation.phone("none"),
        user=replace(ours.user, id="none"),
        record="none",
        examples=Examples(),
    )
    refused = {}
    for route, (path, body) in attempts(nothing).items():
        answer = await installation.ask(route.partition(" ")[0], path, tokens[LEAST[route]], body)
        if answer.status_code in {401, 403}:
            refused[route] = answer.text
    assert refused == {}
