"""The seats of a tenant: how many users its activation code allows; knows no user itself."""

from asyncio import Lock
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import TenantReader
from softphone_notifier.accounts.users import UserStore

SEATS_WITHOUT_CODE = 1
"""For the administrator who enters the code."""


class Seats:
    """Gives out seats one at a time: who counts and who takes must not be apart.

    The tenant is read from the store: right after an activation a remembered one would be old.
    """

    def __init__(self, users: UserStore, tenants: TenantReader) -> None:
        self._users = users
        self._tenants = tenants
        self._turn = Lock()

    @asynccontextmanager
    async def one(self, tenant: str) -> AsyncIterator[None]:
        """A seat for whoever is stored within. Raises ProblemError 404, or 409 if all are taken."""
        async with self._turn:
            known = await self._tenants.get(tenant)
            if known is None:
                raise ProblemError("tenant-unknown")
            code = known.activation
            seats = SEATS_WITHOUT_CODE if code is None else code.seats
            if await self._users.seated(tenant) >= seats:
                raise ProblemError(
                    "seats-without-code" if code is None else "seats-full", seats=seats
                )
            yield
