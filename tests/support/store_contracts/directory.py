"""The behaviour of a Directory, tested on MongoDB and in memory alike."""

from typing import Any

from softphone_common.domain.matching import RecordType
from softphone_common.stores.keyset import Position
from softphone_matcher.directory import Directory, Record

KEY = "+498999998001"
OTHER_KEY = "+493023125001"
MATCHES_MAX = 3
"""The limit that the fixture's directory has to have."""


async def add(
    directory: Directory,
    name: str,
    *keys: str,
    tenant: str = "acme",
    type_: RecordType = "contact",
) -> Record:
    fields: dict[str, Any] = {"type": type_, "name": name, "numbers": [], "url": f"/{name}"}
    return await directory.add(tenant, fields, keys)


async def names(directory: Directory, **conditions: Any) -> list[str]:
    page = await directory.list_records("acme", None, 50, **conditions)
    return [record.name for record in page.items]


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

    async def test_only_the_first_matches_are_shown(self, directory: Directory) -> None:
        for name in ("e", "d", "c", "b", "a"):
            await add(directory, name, KEY)
        matches = await directory.find("acme", [KEY])
        assert [match.name for match in matches[KEY]] == ["a", "b", "c"]

    async def test_an_edit_changes_what_it_names(self, directory: Directory) -> None:
        record = await add(directory, "Berta", KEY)
        edited = await directory.edit("acme", record.id, {"name": "anna"})
        assert edited == record.model_copy(update={"name": "anna"})
        assert [m.name for m in (await directory.find("acme", [KEY]))[KEY]] == ["anna"]
        await directory.edit("acme", record.id, {}, [OTHER_KEY])
        found = await directory.find("acme", [KEY, OTHER_KEY])
        assert [len(matches) for matches in found.values()] == [0, 1]
        assert await directory.edit("acme", record.id, {}) == edited

    async def test_an_edited_name_changes_the_order(self, directory: Directory) -> None:
        record = await add(directory, "Zeta")
        await add(directory, "Mitte")
        assert await names(directory) == ["Mitte", "Zeta"]
        await directory.edit("acme", record.id, {"name": "alpha"})
        assert await names(directory) == ["alpha", "Mitte"]

    async def test_records_belong_to_their_tenant(self, directory: Directory) -> None:
        record = await add(directory, "Anna", KEY)
        assert await directory.get("acme", record.id) == record
        assert await directory.get("other", record.id) is None
        assert await directory.edit("other", record.id, {"name": "x"}) is None
        assert await directory.edit("other", record.id, {}) is None
        assert not await directory.remove("other", record.id)
        assert await directory.find("other", [KEY]) == {KEY: ()}
        assert (await directory.list_records("other", None, 50)).items == []
        assert await directory.get("acme", record.id) == record

    async def test_a_removed_record_is_gone(self, directory: Directory) -> None:
        record = await add(directory, "Anna", KEY)
        assert await directory.remove("acme", record.id)
        assert not await directory.remove("acme", record.id)
        assert await directory.get("acme", record.id) is None
        assert await directory.edit("acme", record.id, {"name": "x"}) is None
        assert await directory.find("acme", [KEY]) == {KEY: ()}

    async def test_lists_are_filtered(self, directory: Directory) -> None:
        await add(directory, "Anna", KEY)
        await add(directory, "Bert", OTHER_KEY, KEY, type_="lead")
        assert await names(directory, type_="lead") == ["Bert"]
        assert await names(directory, key=KEY) == ["Anna", "Bert"]
        assert await names(directory, key=OTHER_KEY, type_="contact") == []
        assert await names(directory, key="") == []

    async def test_pages_have_each_record_once(self, directory: Directory) -> None:
        ids = {
            (await add(directory, name)).id for name in ("Ämilie", "anna", "Anna", "bert", "ANNA")
        }
        seen: list[Record] = []
        after: Position[str] | None = None
        while True:
            page = await directory.list_records("acme", after, 2)
            seen += page.items
            after = page.next
            if after is None:
                break
        assert {record.id for record in seen} == ids
        assert len(seen) == len(ids)
        assert [record.name.casefold() for record in seen] == ["anna"] * 3 + ["bert", "ämilie"]
