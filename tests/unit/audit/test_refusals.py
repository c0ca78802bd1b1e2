"""Who asks for what needs more rights is in the security log, and nobody can flood it."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from softphone_common.audit.security_log import STORED_IN_AN_HOUR
from softphone_common.contracts.entities import User
from softphone_common.http import app as http_app
from softphone_common.http.auth import AdminCaller, AnyCaller, OperatorCaller
from softphone_common.http.problem import ProblemError
from softphone_testing.installation_keys import checked_tokens, token_issuer
from support.observations import at
from support.security_log import RecordedSecurityLog
from support.write_limits import read_limit, write_limit

ISSUER, TOKENS = token_issuer(lambda: at(0)), checked_tokens(lambda: at(0))
MANY = 3 * STORED_IN_AN_HOUR


class Site:
    """A service with a route for each role, and one that refuses with the code in its path."""

    def __init__(self) -> None:
        self.now: datetime = at(0)
        self.security = RecordedSecurityLog(lambda: self.now)
        router = APIRouter(prefix="/api")
        router.add_api_route("/devices/{device}/urls", self.for_admins, methods=["GET"])
        router.add_api_route("/dead-letters", self.for_operators, methods=["GET"])
        router.add_api_route("/users/{code}", self.refuse, methods=["GET", "PATCH"])
        limits = write_limit(), read_limit()
        self.app = http_app.build("test", [router], TOKENS, *limits, self.security, 65_536, ready)

    async def for_admins(self, device: str, _: AdminCaller) -> None: ...

    async def for_operators(self, _: OperatorCaller) -> None: ...

    async def refuse(self, code: str, _: AnyCaller) -> None:
        raise ProblemError(code, role="operator", limit=1)

    async def status(self, path: str, user: str = "anna", method: str = "GET") -> int:
        """The status of the answer to a user of acme."""
        owner = User(id=user, tenant="acme", login=user)
        token, _ = ISSUER.issue(owner, timedelta(hours=1))
        transport = httpx.ASGITransport(self.app, client=("192.0.2.17", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"Authorization": f"Bearer {token}"}
            return (await client.request(method, f"/api/{path}", headers=headers)).status_code

    def recorded(self) -> list[tuple[str, str]]:
        return [(entry.actor, entry.detail) for entry in self.security.entries]


async def ready() -> dict[str, Any]:
    return {"ready": True}


@pytest.fixture
def site() -> Site:
    return Site()


async def test_user_without_the_role_is_recorded(site: Site) -> None:
    assert await site.status("devices/typed-by-somebody/urls") == 403
    assert await site.status("dead-letters") == 403
    assert site.recorded() == [
        ("anna", "role-required get-devices-urls"),
        ("anna", "role-required get-dead-letters"),
    ]
    entry = site.security.entries[0]
    assert (entry.event, entry.tenant, entry.outcome) == ("access-refused", "acme", "refused")
    assert (entry.target, entry.address) == ("", "192.0.2.17")


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize(
    "code", ["other-tenant-refused", "user-role-refused", "own-extensions-refused"]
)
async def test_refused_escalation_is_recorded(site: Site, method: str, code: str) -> None:
    assert await site.status(f"users/{code}", method=method) == 403
    assert site.recorded() == [("anna", f"{code} {method.lower()}-users")]


@pytest.mark.parametrize("code", ["user-unknown", "users-full", "login-taken"])
async def test_other_problem_is_no_security_event(site: Site, code: str) -> None:
    assert await site.status(f"users/{code}") >= 400
    assert site.recorded() == []


async def test_refusals_of_a_user_are_stored_up_to_a_number(site: Site) -> None:
    """Whatever routes the user tries; the last one that is stored says so."""
    for number in range(MANY):
        await site.status("dead-letters" if number % 2 else f"devices/{number}/urls")
    assert len(site.recorded()) == STORED_IN_AN_HOUR
    assert site.recorded()[-1][1].endswith(" further-in-lines-only")
    await site.status("dead-letters", "ben")
    assert site.recorded()[-1] == ("ben", "role-required get-dead-letters")
    site.now += timedelta(hours=1)
    await site.status("dead-letters")
    assert site.recorded()[-1] == ("anna", "role-required get-dead-letters")
