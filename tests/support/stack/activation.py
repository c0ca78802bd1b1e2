"""Makes tenants active or inactive through the product's own interface."""

from typing import Any
from uuid import uuid4

import httpx

from softphone_testing.activation_codes import code
from support.product import Json
from support.stack.installation import Installation


async def make_inactive(installation: Installation) -> str:
    """A new tenant that has no code yet."""
    tenant = f"t-{uuid4().hex[:12]}"
    answer = await put_tenant(installation, tenant, {"name": "Huber GmbH"})
    assert (answer.status_code, answer.json()["state"]) == (200, "no-code"), answer.text
    return tenant


async def put_tenant(installation: Installation, tenant: str, fields: Json) -> httpx.Response:
    """The answer to an operator who creates or changes the tenant."""
    return await installation.ask("PUT", f"/api/tenants/{tenant}", installation.operator, fields)


async def enter_code(installation: Installation, tenant: str, text: str) -> httpx.Response:
    """The answer to an administrator who enters an activation code."""
    path = "/api/tenant/activation"
    return await installation.ask("PUT", path, installation.token(tenant), {"code": text})


async def activate(installation: Installation, tenant: str, **claims: Any) -> Json:
    """The tenant after its administrator has entered a new code with these claims."""
    new_code = code(tenant, now=installation.clock(), **claims)
    answer = await enter_code(installation, tenant, new_code)
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body
