"""The demo tenant is active from the start, without an activation code from a vendor."""

import httpx


async def test_demo_tenant_after_the_start_is_active(admin: httpx.AsyncClient) -> None:
    tenant = (await admin.get("/api/tenant")).raise_for_status().json()
    assert (tenant["state"], tenant["activation"]["seats"]) == ("active", 25)
