"""How tests make tenants active, or not: through the product's own interface."""

from typing import Any
from uuid import uuid4

import httpx

from softphone_testing.activation_codes import code
from support.installation import Installation, Json


async def make_inactive(office: Installation) -> str:
    """A new tenant that has no code yet."""
    tenant = f"t-{uuid4().hex[:12]}"
    made = await put(office, tenant, {"name": "Huber GmbH"})
    assert (made.status_code, made.json()["state"]) == (200, "no-code"), made.text
    return tenant


async def put(office: Installation, tenant: str, fields: Json) -> httpx.Response:
    """The operator's change of a tenant."""
    return await office.ask("PUT", f"/api/tenants/{tenant}", office.operator, fields)


async def enter(office: Installation, tenant: str, text: str) -> httpx.Response:
    """The administrator enters a code."""
    path = "/api/tenant/activation"
    return await office.ask("PUT", path, office.token(tenant), {"code": text})


async def activate(office: Installation, tenant: str, **said: Any) -> Json:
    """The tenant with a new code."""
    answer = await enter(office, tenant, code(tenant, now=office.clock(), **said))
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown
