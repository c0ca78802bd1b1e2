"""The demo can be used as it comes: nobody has to activate it."""

import httpx


async def test_the_demo_comes_activated(admin: httpx.AsyncClient) -> None:
    tenant = (await admin.get("/api/tenant")).raise_for_status().json()
    assert (tenant["state"], tenant["activation"]["seats"]) == ("active", 25)
