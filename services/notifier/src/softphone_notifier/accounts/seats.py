"""Limits the users of a tenant to the seats of its activation code."""

from asyncio import Lock
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import TenantReader
from softphone_notifier.accounts.users import UserStore

SEATS_WITHOUT_CODE = 1
"""For the administrator who will enter the code."""


class Seats:
    """Counts the seats taken and the seats allowed, both as stored.

    The tenant is read from the store, because a cache would be behind right after an activation.
    """

    def __init__(self, users: UserStore, tenants: TenantReader) -> None:
        self._users = users
        self._tenants = tenants
        self._lock = Lock()

    @asynccontextmanager
    async def reserve(self, tenant: str) -> AsyncIterator[None]:
        """Holds a free seat while the block stores its user.

        Raises ProblemError 404 for an unknown tenant, 409 if no seat is free. The lock keeps two
        requests of this process from counting before either has stored its user.
        """
        async with self._lock:
            stored = await self._tenants.get(tenant)
            if stored is None:
                raise ProblemError("tenant-unknown")
            code = stored.activation
            seats = SEATS_WITHOUT_CODE if code is None else code.seats
            if await self._users.seated(tenant) >= seats:
                full = "seats-without-code" if code is None else "seats-full"
                raise ProblemError(full, seats=seats)
            yield
