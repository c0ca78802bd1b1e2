"""The contract of the stores of the security log, on MongoDB and in memory."""

from datetime import timedelta

import pytest

from softphone_calllog.audit.store import AuditFilter, AuditStore
from softphone_common.contracts.entities import AuditEntry
from support.observations import at

KEEP = timedelta(days=36500)
"""The entries of these tests are years old, and the TTL index must not remove them."""


def entry(number: int, **fields: str) -> AuditEntry:
    """Entry `e<number>` of tenant acme, that many seconds after the others."""
    values = {"tenant": "acme", "event": "sign-in", "actor": "anna", **fields}
    return AuditEntry(id=f"e{number}", time=at(number), **values)


class AuditStoreContract:
    @pytest.fixture
    async def stored(self, entries: AuditStore) -> AuditStore:
        await entries.add([entry(n) for n in range(3)])
        await entries.add([entry(3, actor="bela"), entry(4, event="sign-out")])
        await entries.add([entry(5, tenant="other")])
        return entries

    @pytest.mark.parametrize(
        ("filter_", "ids"),
        [
            (AuditFilter(), "543210"),
            (AuditFilter("acme"), "43210"),
            (AuditFilter("acme", actor="bela"), "3"),
            (AuditFilter("acme", event="sign-out"), "4"),
            (AuditFilter("acme", since=at(1), until=at(3)), "21"),
            (AuditFilter("none"), ""),
            (AuditFilter(actor="anna", event="sign-in", until=at(2)), "10"),
        ],
    )
    async def test_page_has_what_the_filter_selects(
        self, stored: AuditStore, filter_: AuditFilter, ids: str
    ) -> None:
        page = await stored.page(filter_, None, 10)
        shown = "".join(e.id.removeprefix("e") for e in page.items)
        assert shown == ids, shown
        assert page.next is None

    async def test_next_page_goes_on_behind_the_last_entry(self, stored: AuditStore) -> None:
        first = await stored.page(AuditFilter("acme"), None, 3)
        await stored.add([entry(9)])
        second = await stored.page(AuditFilter("acme"), first.next, 3)
        assert [e.id for e in second.items] == ["e1", "e0"]

    async def test_entry_that_comes_twice_is_stored_once(self, stored: AuditStore) -> None:
        again = entry(0, event="sign-out")
        await stored.add([again, entry(6)])
        page = await stored.page(AuditFilter("acme"), None, 10)
        assert [e.id for e in page.items] == ["e6", "e4", "e3", "e2", "e1", "e0"]
        assert page.items[-1] == entry(0)
