"""How a Directory knows the records of a source, tested on MongoDB and in memory alike."""

from datetime import timedelta

from softphone_common.domain.records.visibility import Sharing
from softphone_matcher.directory.input import fields_of
from softphone_matcher.directory.store import Directory, RecordIds
from support.store_contracts.directory import KEY, NOW, OTHER_KEY, add, names, sent


class SourcesContract:
    """Needs a fixture `directory` with an empty store."""

    async def test_ids_of_a_source_are_listed_in_pages(self, directory: Directory) -> None:
        records = [sent(name, str(n)) for n, name in enumerate(("Carl", "Anna", "Bert"))]
        await directory.put("acme", records)
        await add(directory, "Own")
        await add(directory, "Elsewhere", tenant="other", source="crm")
        await directory.remove("acme", records[2].id, "clara", NOW)
        first = await directory.list_ids("acme", "crm", None, 1)
        rest = await directory.list_ids("acme", "crm", first.next, 5)
        assert [*first.items, *rest.items] == [
            RecordIds((records[1].id,)),
            RecordIds((records[0].id,)),
        ]
        assert rest.next is None

    async def test_sent_record_that_was_changed_is_kept(self, directory: Directory) -> None:
        await directory.put("acme", [sent(name, name) for name in ("Anna", "Bert", "Carl")])
        anna, bert, carl = (sent("", name).id for name in ("Anna", "Bert", "Carl"))
        stored = await directory.get("acme", anna)
        assert stored is not None
        await directory.replace("acme", stored, fields_of(stored) | {"visible_to": "admins"})
        await directory.remove("acme", bert, "clara", NOW)
        later = [sent("New", name, version=1) for name in ("Anna", "Bert", "Carl")]
        assert await directory.put("acme", [*later, sent("Dora", "Dora")]) == {anna, bert}
        assert await directory.put("acme", [sent("First", "Carl")]) == {carl}
        assert await directory.put("other", [sent("New", "Carl", version=2)]) == {carl}
        assert await names(directory) == ["Anna", "Dora", "New"]
        known = await directory.known("acme", [anna, bert, carl])
        assert known[anna].sharing == Sharing("admins")
        assert {known[id_].version for id_ in (anna, bert, carl)} == {2}

    async def test_many_records_are_removed_at_once(self, directory: Directory) -> None:
        earlier, later = NOW - timedelta(hours=1), NOW + timedelta(seconds=1)
        anna = await add(directory, "Anna", KEY, changed_at=earlier)
        bert = await add(directory, "Bert", OTHER_KEY, changed_at=NOW)
        carl = await add(directory, "Carl", changed_at=later)
        ids = [anna.id, bert.id, carl.id, "unknown"]
        assert await directory.remove_all("other", ids, NOW, "clara", later) == (0, set())
        removed = await directory.remove_all("acme", ids, NOW, "clara", later)
        assert removed == (2, {KEY, OTHER_KEY})
        assert await directory.remove_all("acme", ids, NOW, "clara", later) == (0, set())
        assert await names(directory) == ["Carl"]
        assert await directory.find("acme", [KEY]) == {KEY: ()}
        binned = (await directory.list_deleted("acme", None, 50)).items
        assert {(each.name, each.deleted_by, each.version) for each in binned} == {
            ("Anna", "clara", 2),
            ("Bert", "clara", 2),
        }
