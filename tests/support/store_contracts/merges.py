"""The behaviour of Merges, tested on MongoDB and in memory alike."""

from dataclasses import asdict, replace

from softphone_matcher.directory.input import fields_of
from softphone_matcher.directory.record import Record, Row
from softphone_matcher.directory.store import Directory, RecordIds
from softphone_matcher.merging.store import Merge, Merges, merging_of
from support.store_contracts.directory import KEY, NOW, add

ROW = Row("row-1", "crm", "1", "abc", {"name": "Huber"})


async def begun(directory: Directory, kept: Record, other: Record) -> Merge:
    """A merge that has begun, as the record has it that stays."""
    merge = Merge("acme", kept.id, other.id, other.version, "u1", "anna", NOW)
    fields = fields_of(kept) | {"merging": merging_of(merge), "rows": [asdict(ROW)]}
    assert await directory.replace("acme", kept, fields)
    return merge


class MergesContract:
    """Needs fixtures `directory` and `merges` with an empty store."""

    async def test_begun_merge_is_listed_until_it_ends(
        self, directory: Directory, merges: Merges
    ) -> None:
        kept, other = await add(directory, "Kept", KEY), await add(directory, "Other", KEY)
        assert await merges.list_begun(5) == []
        merge = await begun(directory, kept, other)
        assert await merges.list_begun(5) == [merge]
        assert await merges.begun("acme", kept.id) == merge
        assert await merges.begun("acme", other.id) is None
        assert await merges.begun("other", kept.id) is None
        await merges.end_merge(replace(merge, record="x"))
        await merges.end_merge(replace(merge, tenant="other"))
        assert await merges.list_begun(5) == [merge]
        await merges.end_merge(merge)
        assert (await merges.list_begun(5), await merges.begun("acme", kept.id)) == ([], None)
        stored = await directory.get("acme", kept.id)
        assert stored is not None
        assert stored.version == 2

    async def test_merged_record_is_put_away_once(
        self, directory: Directory, merges: Merges
    ) -> None:
        kept, other = await add(directory, "Kept", KEY), await add(directory, "Other", KEY)
        merge = await begun(directory, kept, other)
        assert not await merges.put_away(replace(merge, version=2))
        assert not await merges.put_away(replace(merge, tenant="other"))
        assert [await merges.put_away(merge) for _ in range(2)] == [True, True]
        assert [match.record for match in (await directory.find("acme", [KEY]))[KEY]] == [kept.id]
        gone = await directory.get("acme", other.id, deleted=True)
        assert gone is not None
        assert (gone.merged_into, gone.deleted_by, gone.version) == (kept.id, "anna", 2)
        known = await directory.known("acme", [other.id, kept.id])
        assert (known[other.id].merged_into, known[other.id].is_deleted) == (kept.id, True)
        assert (known[kept.id].rows, known[kept.id].is_deleted) == ((ROW,), False)
        await directory.replace("acme", gone, fields_of(gone))
        assert (await directory.known("acme", [other.id]))[other.id].merged_into == ""
        assert not await merges.put_away(merge)

    async def test_rows_of_a_record_are_listed_and_forgotten(
        self, directory: Directory, merges: Merges
    ) -> None:
        kept = await add(directory, "Kept", source="crm")
        await begun(directory, kept, await add(directory, "Other"))
        page = await directory.list_ids("acme", "crm", None, 5)
        assert page.items == [RecordIds((kept.id, ROW.id), is_shared=False)]
        await directory.forget_rows("other", kept.id, [ROW.id])
        await directory.forget_rows("acme", kept.id, ["another"])
        known = (await directory.known("acme", [kept.id]))[kept.id]
        assert (known.rows, known.version) == ((ROW,), 2)
        await directory.forget_rows("acme", kept.id, [ROW.id, "another"])
        known = (await directory.known("acme", [kept.id]))[kept.id]
        assert (known.rows, known.version) == ((), 3)
