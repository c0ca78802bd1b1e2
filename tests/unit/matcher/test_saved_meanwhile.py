"""Records of sources that others save between the comparison and the write."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.events import RecordShared
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_matcher.directory.editing import Editing
from softphone_matcher.directory.input import fields_of
from softphone_matcher.directory.record import Record, id_in_source
from softphone_matcher.directory.upsert import each
from softphone_matcher.merging.store import Merge
from softphone_matcher.sharings.announcements import Announcement
from softphone_testing.memory.directory import MemoryMerges
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.stack.import_site import ImportSite, nothing

HUBER = {"source": "crm", "host_id": "1", "type": "lead", "name": "Huber"}
ID = id_in_source("acme", "crm", "1")
APPLICATION = Caller(
    user="u1",
    tenant="acme",
    login="api-key/crm",
    role="admin",
    extensions=[],
    version=1,
    expires_at=datetime(2026, 3, 2, tzinfo=UTC),
)


@pytest.fixture
def site(bus: Bus) -> ImportSite:
    """The stores of a matcher."""
    return ImportSite(bus)


@asynccontextmanager
async def heard_by_calls(broker: MemoryBroker) -> AsyncIterator[list[RecordShared]]:
    """The messages to calllog about who sees records, in the order in which they arrive."""
    received: list[RecordShared] = []
    calllog = memory_bus(broker, "calllog")

    async def keep(messages: Any) -> None:
        received.extend(messages)

    calllog.consume("calllog.record", RecordShared, keep)
    async with running(calllog):
        yield received


async def put(site: ImportSite, *items: dict[str, Any]) -> tuple[int, int, int]:
    """How many records are created, updated and unchanged."""
    result = await site.upsert.run(APPLICATION, each(items))
    return result.created, result.updated, result.unchanged


async def stored(site: ImportSite, record_id: str = ID) -> Record:
    record = await site.directory.get("acme", record_id)
    assert record is not None
    return record


async def change(site: ImportSite, **changes: str) -> None:
    """Changes the record as a person does."""
    record = await stored(site)
    assert await site.directory.replace("acme", record, fields_of(record) | changes)


def once(site: ImportSite, act: Callable[[], Awaitable[object]]) -> None:
    """Has this happen in front of the next write of a source."""

    async def before_write() -> None:
        site.directory.before_write = nothing
        await act()

    site.directory.before_write = before_write


async def test_record_restricted_meanwhile_stays_restricted(site: ImportSite) -> None:
    await put(site, HUBER)
    once(site, lambda: change(site, visible_to="admins"))
    more = {"source": "crm", "host_id": "2", "type": "lead", "name": "Berta"}
    assert await put(site, HUBER | {"name": "Maier"}, more) == (1, 1, 0)
    record = await stored(site)
    assert (record.name, record.visible_to, record.version) == ("Maier", "admins", 3)
    assert await put(site, HUBER | {"name": "Maier"}, more) == (0, 0, 2)


async def test_record_added_meanwhile_is_not_written_again(site: ImportSite) -> None:
    once(site, lambda: put(site, HUBER))
    assert await put(site, HUBER) == (0, 0, 1)
    assert (await stored(site)).version == 1


async def test_record_added_and_restricted_stays_restricted(site: ImportSite) -> None:
    async def add_and_restrict() -> None:
        await put(site, HUBER)
        await change(site, visible_to="admins")

    once(site, add_and_restrict)
    assert await put(site, HUBER) == (0, 1, 0)
    assert (await stored(site)).visible_to == "admins"


async def test_record_deleted_meanwhile_comes_back_as_it_was(site: ImportSite) -> None:
    await put(site, HUBER | {"visible_to": "admins"})
    once(site, lambda: site.directory.remove("acme", ID, "clara", site.now))
    assert await put(site, HUBER | {"name": "Maier"}) == (0, 1, 0)
    assert ((await stored(site)).name, (await stored(site)).visible_to) == ("Maier", "admins")


async def test_record_that_keeps_changing_is_sent_again(site: ImportSite) -> None:
    await put(site, HUBER)
    changes = 0

    async def change_note() -> None:
        nonlocal changes
        changes += 1
        await change(site, note=str(changes), visible_to="admins")

    site.directory.before_write = change_note
    with pytest.raises(UnavailableError):
        await put(site, HUBER | {"name": "Maier"})
    assert ((await stored(site)).note, (await stored(site)).name) == ("5", "Huber")
    site.directory.before_write = nothing
    assert await put(site, HUBER | {"name": "Maier"}) == (0, 1, 0)
    assert (await stored(site)).visible_to == "admins"


async def test_import_counts_what_became_of_its_records(site: ImportSite) -> None:
    await site.add("a", "Name;Id\nHuber;1\nMaier;2\n")
    await site.worker().work_next()
    source = (await site.run("a")).source
    huber = id_in_source("acme", source, "1")

    async def restrict() -> None:
        record = await stored(site, huber)
        changes = fields_of(record) | {"visible_to": "admins"}
        assert await site.directory.replace("acme", record, changes)

    await site.add("b", "Name;Id\nHuber-Maier;1\nMaier;2\n")
    once(site, restrict)
    await site.worker().work_next()
    assert await site.counts("b") == (2, 0, 1, 1, 0)
    assert (await stored(site, huber)).visible_to == "admins"

    await site.add("c", "Name;Id\nNeu;3\nMaier;2\n")
    same = {"source": source, "host_id": "3", "type": "contact", "name": "Neu"}
    once(site, lambda: put(site, same))
    await site.worker().work_next()
    assert await site.counts("c") == (2, 0, 0, 2, 0)


async def test_file_without_teams_leaves_records_to_theirs(site: ImportSite) -> None:
    await site.add("a", "Name;Id\nHuber;1\n")
    await site.worker().work_next()
    huber = id_in_source("acme", (await site.run("a")).source, "1")
    record = await stored(site, huber)
    sharing = {"visible_to": "team", "team": "Sales", "owner": "bert"}
    await site.directory.replace("acme", record, fields_of(record) | sharing)
    await site.add("b", "Name;Id\nMaier;1\n")
    await site.worker().work_next()
    record = await stored(site, huber)
    assert (record.name, record.team, record.owner) == ("Maier", "Sales", "bert")


async def test_calls_hear_who_sees_a_record_in_the_end(
    site: ImportSite, broker: MemoryBroker
) -> None:
    async with heard_by_calls(broker) as received:
        await put(site, HUBER | {"visible_to": "team", "team": "Sales"})
        once(site, lambda: change(site, visible_to="everyone"))
        await put(site, HUBER | {"team": "Support"})
        last = {"source": "crm", "host_id": "2", "type": "lead", "name": "Berta"}
        for visible_to in ("everyone", "admins"):
            await put(site, last | {"visible_to": visible_to})
        await until(lambda: received and received[-1].record != ID, what="the last message")
    of_huber = [message for message in received if message.record == ID]
    assert [(message.visible_to, message.team) for message in of_huber] == [
        ("team", "Support"),
        ("everyone", "Support"),
    ]


async def test_refused_restriction_is_taken_back_in_calls(
    site: ImportSite, broker: MemoryBroker, bus: Bus
) -> None:
    async def change_note() -> None:
        site.directory.before_replacement = nothing
        await change(site, note="polite")

    rematching = site.rematching
    editing = Editing(site.directory, site.tenant, rematching, site.clock, 50)
    async with heard_by_calls(broker) as received:
        await put(site, HUBER)
        site.directory.before_replacement = change_note
        with pytest.raises(ProblemError):
            await editing.edit(APPLICATION, ID, {"visible_to": "admins"}, 1)
        last = {"source": "crm", "host_id": "2", "type": "lead", "name": "Berta"}
        for visible_to in ("everyone", "admins"):
            await put(site, last | {"visible_to": visible_to})
        await until(lambda: received and received[-1].record != ID, what="the last message")
    of_record = [message.visible_to for message in received if message.record == ID]
    assert of_record == ["admins", "everyone"]


@pytest.mark.parametrize("is_stored", [False, True])
async def test_restriction_whose_answer_was_lost_is_settled(
    site: ImportSite, broker: MemoryBroker, is_stored: bool
) -> None:
    """Whether it was stored or not, calls hear who sees the record in the end."""

    async def lose() -> None:
        site.directory.before_replacement = nothing
        if is_stored:
            await change(site, visible_to="admins")
        raise UnavailableError("MongoDB", "the answer was lost")

    editing = Editing(site.directory, site.tenant, site.rematching, site.clock, 50)
    async with heard_by_calls(broker) as received:
        await put(site, HUBER)
        site.directory.before_replacement = lose
        with pytest.raises(UnavailableError):
            await editing.edit(APPLICATION, ID, {"visible_to": "admins"}, None)
        assert await site.settling.settle() == 0, "the change may still be stored"
        site.move(61)
        assert await site.settling.settle() == 1
        assert await site.settling.settle() == 0
        await until(lambda: len(received) == 2, what="both messages")
    stored_now = "admins" if is_stored else "everyone"
    assert [message.visible_to for message in received] == ["admins", stored_now]
    assert received[0].at < received[1].at


async def test_restriction_that_calls_could_not_hear_is_settled(
    site: ImportSite, broker: MemoryBroker
) -> None:
    """The broker goes away between the change and the message about it."""
    editing = Editing(site.directory, site.tenant, site.rematching, site.clock, 50)

    async def stop() -> None:
        site.directory.before_replacement = nothing
        broker.stop()

    await put(site, HUBER)
    site.directory.before_replacement = stop
    await editing.edit(APPLICATION, ID, {"visible_to": "admins"}, None)
    site.move(61)
    with pytest.raises(UnavailableError):
        await site.settling.settle()
    broker.start()
    assert await site.settling.settle() == 1


async def test_restriction_that_went_well_leaves_nothing_to_settle(site: ImportSite) -> None:
    editing = Editing(site.directory, site.tenant, site.rematching, site.clock, 50)
    await put(site, HUBER, HUBER | {"host_id": "2"})
    await editing.edit(APPLICATION, ID, {"visible_to": "admins"}, None)
    await put(site, HUBER | {"host_id": "2", "visible_to": "admins"})
    site.move(61)
    assert await site.settling.settle() == 0


async def test_records_of_a_source_whose_answer_was_lost_are_settled(site: ImportSite) -> None:
    await put(site, HUBER, HUBER | {"host_id": "2"})

    async def lose() -> None:
        site.directory.before_write = nothing
        raise UnavailableError("MongoDB", "the answer was lost")

    site.directory.before_write = lose
    with pytest.raises(UnavailableError):
        await put(site, *(HUBER | {"host_id": id_, "visible_to": "admins"} for id_ in "12"))
    site.move(61)
    assert await site.settling.settle() == 2


async def test_merged_record_is_settled_without_a_message(
    site: ImportSite, broker: MemoryBroker
) -> None:
    """Calls have heard of the merge, and a later message about the record would undo that."""
    async with heard_by_calls(broker) as received:
        await put(site, HUBER, HUBER | {"host_id": "2"})
        await site.announcements.add(Announcement("acme", ID, site.now))
        last = id_in_source("acme", "crm", "2")
        await site.announcements.add(Announcement("acme", last, site.now))
        merge = Merge("acme", last, ID, (await stored(site)).version, "u1", "anna", site.now)
        assert await MemoryMerges(site.directory).put_away(merge)
        site.move(61)
        assert await site.settling.settle() == 2
        await until(lambda: received, what="the message about the other record")
    assert {message.record for message in received} == {last}
