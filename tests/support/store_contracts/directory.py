"""The behaviour of a Directory, tested on MongoDB and in memory alike."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from softphone_common.domain.matching import NOTE_MAX, Match, RecordType
from softphone_common.domain.records.visibility import Viewer, matches_for
from softphone_common.search.keys import search_terms
from softphone_common.stores.keyset import Position
from softphone_matcher.directory.input import fields_of
from softphone_matcher.directory.listing import Filter
from softphone_matcher.directory.record import Record, id_in_source
from softphone_matcher.directory.store import Directory, Known, Sent

KEY = "+498999998001"
OTHER_KEY = "+493023125001"
MATCHES_MAX = 3
"""The limit that the fixture's directory has to have."""
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def fields(name: str, keys: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """A record with a number for each key, in its E.164."""
    numbers = [
        {"number": key, "label": "", "e164": key, "ext": "", "keys": [key], "why": None}
        for key in keys
    ]
    return {"type": "contact", "name": name, "numbers": numbers, "url": f"/{name}", **more}


async def add(
    directory: Directory,
    name: str,
    *keys: str,
    tenant: str = "acme",
    type_: RecordType = "contact",
    **more: Any,
) -> Record:
    return await directory.add(tenant, fields(name, keys, type=type_, **more))


async def edit(directory: Directory, record: Record, tenant: str = "acme", **changes: Any) -> Any:
    return await directory.replace(tenant, record, fields_of(record) | changes)


async def names(directory: Directory, **conditions: Any) -> list[str]:
    page = await directory.list_records(Filter("acme", **conditions), None, 50)
    return [record.name for record in page.items]


async def typed(directory: Directory, text: str, **conditions: Any) -> list[str]:
    """The names that a search for this text finds."""
    return await names(directory, typed=search_terms(text), **conditions)


def sent(name: str, host_id: str, digest: str = "1", *keys: str, version: int = 0) -> Sent:
    more = {"source": "crm", "host_id": host_id}
    return Sent(id_in_source("acme", "crm", host_id), digest, fields(name, keys, **more), version)


class DirectoryContract:
    """Needs a fixture `directory` with an empty store that shows MATCHES_MAX matches."""

    async def test_a_number_finds_all_its_records_in_order(self, directory: Directory) -> None:
        supplier = await add(directory, "Abel", KEY, type_="supplier")
        berta = await add(directory, "Berta", OTHER_KEY, KEY)
        anton = await add(directory, "anton", KEY)
        await add(directory, "Elsewhere", KEY, tenant="other")
        matches = await directory.find("acme", [KEY, "+49", KEY])
        assert list(matches) == [KEY, "+49"]
        assert [match.record for match in matches[KEY]] == [anton.id, berta.id, supplier.id]
        assert matches["+49"] == ()
        first = matches[KEY][0]
        assert (first.name, first.level, first.reason) == ("anton", "exact", f"number {KEY}")
        assert (first.type, first.url) == ("contact", "/anton")

    async def test_one_look_up_finds_several_numbers(self, directory: Directory) -> None:
        both = await add(directory, "Both", KEY, OTHER_KEY)
        one = await add(directory, "One", OTHER_KEY)
        matches = await directory.find("acme", [KEY, OTHER_KEY])
        ids = {key: [match.record for match in of_key] for key, of_key in matches.items()}
        assert ids == {KEY: [both.id], OTHER_KEY: [both.id, one.id]}
        assert await directory.find("acme", []) == {}

    async def test_direct_lines_are_found_after_numbers(self, directory: Directory) -> None:
        number = fields("", [KEY])["numbers"][0]
        ranges = ["+493023125xxx", "+493023125-0"]
        await add(directory, "Main", numbers=[{**number, "ranges": ranges[1:]}])
        await add(directory, "Declared", numbers=[{**number, "keys": [], "ranges": ranges}])
        await add(directory, "Own", OTHER_KEY, type_="supplier")
        found = await directory.find("acme", [OTHER_KEY, "+4930231259", KEY, "+493023124001"])
        assert {
            number: [(match.name, match.basis) for match in matches]
            for number, matches in found.items()
        } == {
            OTHER_KEY: [("Own", "number"), ("Declared", "range"), ("Main", "main-number")],
            "+4930231259": [("Declared", "main-number"), ("Main", "main-number")],
            KEY: [("Main", "number")],
            "+493023124001": [],
        }
        assert await typed(directory, "3023125") == ["Own"]

    async def test_a_match_has_what_a_popup_shows(self, directory: Directory) -> None:
        more: dict[str, Any] = {
            "organization": "Huber GmbH",
            "emails": ["anna@huber.example", "info@huber.example"],
            "note": "x" * 2000,
            "tags": [str(n) for n in range(20)],
            "host_id": "17",
        }
        record = await add(directory, "Anna", KEY, **more)
        await add(directory, "Bert", OTHER_KEY)
        found = await directory.find("acme", [KEY, OTHER_KEY])
        match = Match(
            record=record.id,
            type="contact",
            name="Anna",
            level="exact",
            reason=f"number {KEY}",
            url="/Anna",
            organization="Huber GmbH",
            host_id="17",
            basis="number",
            email="anna@huber.example",
            note="x" * (NOTE_MAX - 1) + "…",
            tags=tuple(map(str, range(10))),
        )
        assert found[KEY] == (match,)
        (bert,) = found[OTHER_KEY]
        assert (bert.email, bert.note, bert.tags) == ("", "", ())

    async def test_record_that_was_changed_last_is_first(self, directory: Directory) -> None:
        await add(directory, "Anna", KEY, changed_at=NOW)
        bert = await add(directory, "Bert", KEY, changed_at=NOW + timedelta(milliseconds=1))
        await add(directory, "Carl", KEY)
        assert [m.name for m in (await directory.find("acme", [KEY]))[KEY]] == [
            "Bert",
            "Anna",
            "Carl",
        ]
        await edit(directory, bert, changed_at=NOW - timedelta(days=1))
        first = (await directory.find("acme", [KEY]))[KEY][0]
        assert first.name == "Anna"

    async def test_only_the_first_matches_are_shown(self, directory: Directory) -> None:
        for name in ("e", "d", "c", "b", "a"):
            await add(directory, name, KEY)
        matches = await directory.find("acme", [KEY])
        assert [match.name for match in matches[KEY]] == ["a", "b", "c"]

    async def test_a_change_replaces_what_finds_the_record(self, directory: Directory) -> None:
        record = await add(directory, "Berta", KEY)
        edited = await edit(directory, record, name="anna")
        assert edited == record.model_copy(update={"name": "anna", "version": 2})
        assert [m.name for m in (await directory.find("acme", [KEY]))[KEY]] == ["anna"]
        other = fields("anna", [OTHER_KEY])["numbers"]
        await edit(directory, edited, numbers=other)
        found = await directory.find("acme", [KEY, OTHER_KEY])
        assert [len(matches) for matches in found.values()] == [0, 1]
        assert (await typed(directory, "berta"), await typed(directory, "ann")) == ([], ["anna"])

    async def test_a_change_of_an_older_version_is_not_made(self, directory: Directory) -> None:
        record = await add(directory, "Anna")
        await edit(directory, record, name="Berta")
        assert await edit(directory, record, name="Clara") is None
        assert await names(directory) == ["Berta"]

    async def test_an_edited_name_changes_the_order(self, directory: Directory) -> None:
        record = await add(directory, "Zeta")
        await add(directory, "Mitte")
        assert await names(directory) == ["Mitte", "Zeta"]
        await edit(directory, record, name="alpha")
        assert await names(directory) == ["alpha", "Mitte"]

    async def test_records_belong_to_their_tenant(self, directory: Directory) -> None:
        record = await add(directory, "Anna", KEY)
        await directory.put("acme", [sent("Bert", "1")])
        assert await directory.get("acme", record.id) == record
        assert await directory.get("other", record.id) is None
        assert await edit(directory, record, "other", name="x") is None
        assert await directory.remove("other", record.id, "eve", NOW) is None
        assert await directory.find("other", [KEY]) == {KEY: ()}
        assert (await directory.list_records(Filter("other"), None, 50)).items == []
        assert await directory.known("other", [sent("Bert", "1").id]) == {}
        assert await directory.get("acme", record.id) == record

    async def test_a_removed_record_waits_in_the_bin(self, directory: Directory) -> None:
        record = await add(directory, "Anna", KEY)
        removed = await directory.remove("acme", record.id, "clara", NOW)
        assert removed is not None
        assert (removed.deleted_by, removed.deleted_at) == ("clara", NOW)
        assert await directory.remove("acme", record.id, "clara", NOW) is None
        assert await directory.get("acme", record.id) is None
        assert await directory.find("acme", [KEY]) == {KEY: ()}
        assert await names(directory) == await typed(directory, "anna") == []
        assert (await directory.list_deleted("acme", None, 50)).items == [removed]
        assert (await directory.list_deleted("other", None, 50)).items == []

        binned = await directory.get("acme", record.id, deleted=True)
        assert binned == removed
        restored = await edit(directory, binned)
        assert restored == record.model_copy(update={"version": 3})
        assert (await directory.list_deleted("acme", None, 50)).items == []
        assert await names(directory) == await typed(directory, "anna") == ["Anna"]
        assert len((await directory.find("acme", [KEY]))[KEY]) == 1

    async def test_lists_are_filtered(self, directory: Directory) -> None:
        await add(directory, "Anna", KEY, tags=["vip"], owner="anna")
        await add(directory, "Bert", OTHER_KEY, KEY, type_="lead", source="crm")
        assert await names(directory, type="lead") == ["Bert"]
        assert await names(directory, tag="vip") == await names(directory, owner="anna") == ["Anna"]
        assert await names(directory, source="crm", tag="vip") == []
        assert await names(directory, key=KEY) == ["Anna", "Bert"]
        assert await names(directory, key=OTHER_KEY, type="contact") == []
        assert await names(directory, key="") == []
        assert await typed(directory, "ann", type="lead") == []

    async def test_lists_have_what_a_viewer_sees(self, directory: Directory) -> None:
        await add(directory, "All", KEY)
        await add(directory, "Own", KEY, visible_to="owner", owner="anna")
        await add(directory, "Team", KEY, visible_to="team", owner="anna", team="Sales")
        await add(directory, "Few", KEY, visible_to="admins", owner="anna", team="Sales")
        anna = Viewer("anna", frozenset({"Sales", "Support"})).sights
        bert, nobody = Viewer("bert", frozenset({"Sales"})).sights, Viewer().sights
        assert await names(directory, sights=None) == ["All", "Few", "Own", "Team"]
        for conditions in ({}, {"key": KEY}, {"type": "contact"}):
            assert await names(directory, sights=anna, **conditions) == ["All", "Own", "Team"]
            assert await names(directory, sights=bert, **conditions) == ["All", "Team"]
            assert await names(directory, sights=nobody, **conditions) == ["All"]
        assert await typed(directory, "own", sights=bert) == []
        filter_ = Filter("acme", sights=anna)
        first = await directory.list_records(filter_, None, 2)
        rest = await directory.list_records(filter_, first.next, 2)
        assert [[r.name for r in page.items] for page in (first, rest)] == [
            ["All", "Own"],
            ["Team"],
        ]
        assert rest.next is None

    async def test_restricted_matches_take_no_other_place(self, directory: Directory) -> None:
        for name in ("a", "b", "c", "d"):
            await add(directory, name, KEY, visible_to="owner", owner="anna")
        for name in ("e", "f", "g", "h"):
            await add(directory, name, KEY)
        found = (await directory.find("acme", [KEY]))[KEY]
        assert [match.name for match in found] == ["a", "b", "c", "e", "f", "g"]
        assert [match.name for match in matches_for(Viewer(), found)] == ["e", "f", "g"]
        assert {(match.visible_to, match.owner) for match in found[:3]} == {("owner", "anna")}

    async def test_inactive_records_are_in_no_call(self, directory: Directory) -> None:
        await add(directory, "Anna", KEY, inactive=True)
        assert await directory.find("acme", [KEY]) == {KEY: ()}
        assert await names(directory) == await typed(directory, "anna") == []
        assert await names(directory, inactive=True) == ["Anna"]
        assert await typed(directory, "anna", inactive=True) == ["Anna"]

    @pytest.mark.parametrize(
        "text",
        ["mul", "Müller", "MUELLER", "muel", "elektro", "gmbh mül", "Ä.Müller@elek", "än", "9800",
         "089 99998001", "+49 (0)89 9999", "0049 89 99998", "8999998001 müll", "(089) 99998-0"],
    )  # fmt: skip
    async def test_a_record_is_found_as_one_types(self, directory: Directory, text: str) -> None:
        more: dict[str, Any] = {
            "organization": "Elektro Süd GmbH",
            "emails": ["ae.mueller@elektro.example"],
        }
        await add(directory, "Müller, Änne", KEY, **more)
        await add(directory, "Meier", OTHER_KEY)
        assert await typed(directory, text) == ["Müller, Änne"]

    @pytest.mark.parametrize("text", ["uller", "lektro", "99998002", "müller berlin", "mu*ler"])
    async def test_others_are_not_found(self, directory: Directory, text: str) -> None:
        await add(directory, "Müller", KEY, organization="Elektro")
        assert await typed(directory, text) == []

    async def test_number_without_key_is_found_by_its_digits(self, directory: Directory) -> None:
        unread = {"number": "21 - 4711", "label": "", "keys": [], "why": "number-unreadable"}
        await directory.add("acme", fields("Pforte") | {"numbers": [unread]})
        assert await typed(directory, "4711") == ["Pforte"]

    async def test_pages_have_each_record_once(self, directory: Directory) -> None:
        ids = {
            (await add(directory, name)).id for name in ("Ämilie", "anna", "Anna", "bert", "ANNA")
        }
        seen: list[Record] = []
        after: Position[str] | None = None
        while True:
            page = await directory.list_records(Filter("acme"), after, 2)
            seen += page.items
            after = page.next
            if after is None:
                break
        assert {record.id for record in seen} == ids
        assert len(seen) == len(ids)
        assert [record.name.casefold() for record in seen] == ["anna"] * 3 + ["bert", "ämilie"]

    async def test_what_was_sent_is_added_and_replaced(self, directory: Directory) -> None:
        await directory.put("acme", [sent("Anna", "1", "a", KEY), sent("Bert", "2")])
        later = [sent("Änne", "1", "b", OTHER_KEY, version=1), sent("C", "3")]
        assert await directory.put("acme", later) == set()
        assert await names(directory) == ["Bert", "C", "Änne"]
        found = await directory.find("acme", [KEY, OTHER_KEY])
        assert [[match.name for match in of_key] for of_key in found.values()] == [[], ["Änne"]]
        ids = [sent("", host_id).id for host_id in "124"]
        known = {ids[0]: Known("b", (OTHER_KEY,), version=2), ids[1]: Known("1", ())}
        assert await directory.known("acme", ids) == known

    async def test_a_change_makes_the_source_heard_again(self, directory: Directory) -> None:
        await directory.put("acme", [sent("Anna", "1"), sent("Bert", "2")])
        anna, bert = (sent("", host_id).id for host_id in "12")
        record = await directory.get("acme", anna)
        assert record is not None
        assert await edit(directory, record, name="Änne")
        await directory.remove("acme", bert, "clara", NOW)
        assert {each.digest for each in (await directory.known("acme", [anna, bert])).values()} == {
            ""
        }
        assert await directory.put("acme", [sent("Bert", "2", version=2)]) == set()
        assert await names(directory) == ["Bert", "Änne"]

    async def test_records_read_otherwise_are_read_again(self, directory: Directory) -> None:
        await add(directory, "Other", tenant="other")
        anna = await add(directory, "Anna", KEY)
        bert = await add(directory, "Bert", reading="b")
        gone = await add(directory, "Gone")
        await directory.remove("acme", gone.id, "clara", NOW)
        assert [r.name for r in await directory.list_read_otherwise("acme", "b", 50)] == ["Anna"]
        both = await directory.list_read_otherwise("acme", "c", 50)
        assert sorted(record.name for record in both) == ["Anna", "Bert"]
        assert len(await directory.list_read_otherwise("acme", "c", 1)) == 1

        changed = await edit(directory, bert, name="Berta", reading="b")
        fields_read = fields("Anna", [OTHER_KEY], reading="c")
        assert (
            await directory.write_reading("acme", [(anna, fields_read), (bert, fields_read)]) == 1
        )
        assert await directory.write_reading("other", [(anna, fields_read)]) == 0
        assert await directory.list_read_otherwise("acme", "c", 50) == [changed]
        found = await directory.find("acme", [KEY, OTHER_KEY])
        assert [[match.name for match in of_key] for of_key in found.values()] == [[], ["Anna"]]
        assert (await directory.get("acme", anna.id) or anna).version == 1
        assert await typed(directory, "3023125001") == ["Anna"]
