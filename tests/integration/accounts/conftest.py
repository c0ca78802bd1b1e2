"""Users for the tests of accounts."""

from collections.abc import AsyncIterator

import pytest

from support.stack.installation import Installation
from support.tenant.company import Person


@pytest.fixture
async def anna(installation: Installation) -> AsyncIterator[Person]:
    """A user at extension 21 of a new tenant. The clock is reset after the test."""
    yield await installation.make_user(await installation.make_tenant(), "user", ("21",))
    installation.clock.reset()


@pytest.fixture
async def boss(installation: Installation) -> Person:
    """An operator at extension 20 of a new tenant."""
    return await installation.make_user(await installation.make_tenant(), "operator", ("20",))
