"""The directory in memory: a `Directory`, its `Merges`, and a `PickStore`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from softphone_common.domain.matching import Match
from softphone_common.stores.keyset import Position
from softphone_common.stores.mongo import Document
from softphone_matcher.directory.documents import (
    DELETED,
    changed,
    content,
    deletion,
    matches_of_numbers,
    new_document,
)
from softphone_matcher.directory.listing import Filter
from softphone_matcher.directory.record import Record, record_of
from softphone_matcher.directory.store import (
    BY_DELETION,
    BY_NAME,
    BinPage,
    IdPage,
    Known,
    RecordPage,
    Sent,
    ids_of,
    known_of,
    lines_of,
)
from softphone_matcher.merging.store import Merge, merge_of
from softphone_matcher.picks.store import (
    PICKS_MAX,
    PicksOfNumber,
    pick_document,
    pick_key,
    picks_of,
)
from softphone_matcher.sharings.announcements import Announcement, announcement_key
from softphone_testing.memory.collection import Condition, MemoryCollection


class MemoryDirectory:
    """Records in memory; `matches_max` limits the matches of a key."""

    def __init__(self, matches_max: int) -> None:
        self.records = MemoryCollection()
        self._matches_max = matches_max

    async def find(self, tenant: str, numbers: Iterable[str]) -> dict[str, tuple[Match, ...]]:
        wanted = list(dict.fromkeys(numbers))
        documents = self.records.find(lambda document: bool(document["tenant"] == tenant))
        return matches_of_numbers(documents, wanted, self._matches_max)

    async def add(self, tenant: str, fields: Mapping[str, Any]) -> Record:
        document = new_document(tenant, fields)
        self.records.insert(document)
        return record_of(document)

    async def get(self, tenant: str, record_id: str, *, deleted: bool = False) -> Record | None:
        document = self.records.get(record_id)
        return record_of(document) if document and _is(tenant, not deleted)(document) else None

    async def replace(
        self, tenant: str, stored: Record, fields: Mapping[str, Any]
    ) -> Record | None:
        changes = changed(fields, stored.version)
        document = self.records.update(stored.id, _is_version(tenant, stored), changes)
        return record_of(document) if document else None

    async def remove(self, tenant: str, record_id: str, by: str, at: datetime) -> Record | None:
        is_listed = _is(tenant, listed=True)
        document = self.records.update(record_id, is_listed, deletion(by, at), version=1)
        return record_of(document) if document else None

    async def list_records(
        self, filter_: Filter, after: Position[str] | None, size: int
    ) -> RecordPage:
        return self.records.page(BY_NAME, filter_.is_met_by, after, size, record_of)

    async def list_deleted(
        self, tenant: str, after: Position[datetime] | None, size: int
    ) -> BinPage:
        is_deleted = _is(tenant, listed=False)
        return self.records.page(BY_DELETION, is_deleted, after, size, record_of)

    async def known(self, tenant: str, ids: Collection[str]) -> dict[str, Known]:
        found = self.records.find(lambda d: d["tenant"] == tenant and d["_id"] in ids)
        return {document["_id"]: known_of(document) for document in found}

    async def list_read_otherwise(self, tenant: str, reading: str, size: int) -> list[Record]:
        def is_otherwise(document: Document) -> bool:
            read = document.get("reading")
            return document["tenant"] == tenant and read not in {reading, DELETED}

        return [record_of(document) for document in self.records.find(is_otherwise)[:size]]

    async def write_reading(
        self, tenant: str, records: Sequence[tuple[Record, Mapping[str, Any]]]
    ) -> int:
        written = 0
        for stored, fields in records:
            is_stored = _is_version(tenant, stored)
            written += self.records.update(stored.id, is_stored, content(fields)) is not None
        return written

    async def put(self, tenant: str, records: Sequence[Sent]) -> set[str]:
        missed = set[str]()
        for each in records:
            stored = self.records.get(each.id) or {"_id": each.id, "tenant": tenant}
            if (stored["tenant"], stored.get("version", each.version)) == (tenant, each.version):
                self.records.put({**stored, **each.document()})
            else:
                missed.add(each.id)
        return missed

    async def list_ids(
        self, tenant: str, source: str, after: Position[str] | None, size: int
    ) -> IdPage:
        is_met = Filter(tenant, source=source, inactive=True).is_met_by
        return self.records.page(BY_NAME, is_met, after, size, ids_of)

    async def remove_all(
        self, tenant: str, ids: Collection[str], before: datetime, by: str, at: datetime
    ) -> tuple[int, set[str]]:
        count, keys = 0, set[str]()
        for document in self.records.find(_is(tenant, listed=True)):
            changed_at = document.get("changed_at")
            if document["_id"] in ids and changed_at is not None and changed_at <= before:
                count += 1
                keys.update(lines_of(document))
                self.records.update(document["_id"], lambda _: True, deletion(by, at), version=1)
        return count, keys

    async def forget_rows(self, tenant: str, record_id: str, rows: Collection[str]) -> None:
        document = self.records.get(record_id)
        if document is None or document["tenant"] != tenant:
            return
        stored = document.get("rows", [])
        kept = [row for row in stored if row["id"] not in rows]
        if len(kept) < len(stored):
            self.records.update(record_id, lambda _: True, {"rows": kept}, version=1)


class MemoryMerges:
    """The merges of the records of this directory."""

    def __init__(self, directory: MemoryDirectory) -> None:
        self._records = directory.records

    async def put_away(self, merge: Merge) -> bool:
        def is_as_read(document: Document) -> bool:
            version = (merge.tenant, merge.version, None)
            return (document["tenant"], document["version"], document["deleted_at"]) == version

        gone = deletion(merge.login, merge.at) | {"merged_into": merge.into}
        if self._records.update(merge.record, is_as_read, gone, version=1):
            return True
        document = self._records.get(merge.record)
        is_merged = document is not None and document["merged_into"] == merge.into
        return is_merged and document is not None and document["tenant"] == merge.tenant

    async def list_begun(self, size: int) -> list[Merge]:
        found = self._records.find(lambda document: bool(document.get("merging")))
        return [merge_of(document) for document in found[:size]]

    async def begun(self, tenant: str, into: str) -> Merge | None:
        document = self._records.get(into)
        if document is None or document["tenant"] != tenant or not document.get("merging"):
            return None
        return merge_of(document)

    async def end_merge(self, merge: Merge) -> None:
        def is_of_it(document: Document) -> bool:
            merging = document.get("merging") or {}
            return bool(
                document["tenant"] == merge.tenant and merging.get("record") == merge.record
            )

        self._records.update(merge.into, is_of_it, {"merging": None})


class MemoryPickStore:
    """Picks in memory: a `PickStore`."""

    def __init__(self) -> None:
        self._picks = MemoryCollection()

    async def pick(self, tenant: str, user: str, key: str, record: str, at: datetime) -> None:
        self._picks.put(pick_document(tenant, user, key, record, at))

    async def forget(self, tenant: str, user: str, key: str) -> None:
        self._picks.delete(lambda d: bool(d["_id"] == pick_key(tenant, user, key)))

    async def forget_user(self, tenant: str, user: str) -> set[str]:
        own = self._picks.find(lambda d: d["tenant"] == tenant and d["user"] == user)
        self._picks.delete(lambda d: d["tenant"] == tenant and d["user"] == user)
        return {pick["key"] for pick in own}

    async def move(self, tenant: str, record: str, into: str) -> None:
        for pick in self._picks.find(lambda d: d["tenant"] == tenant and d["record"] == record):
            self._picks.put({**pick, "record": into})

    async def of(self, tenant: str, keys: Collection[str]) -> dict[str, PicksOfNumber]:
        own = self._picks.find(lambda d: d["tenant"] == tenant and d["key"] in keys)
        latest = sorted(own, key=lambda d: (-d["at"].timestamp(), d["_id"]))
        by_key = {key: [pick for pick in latest if pick["key"] == key] for key in keys}
        return {key: picks_of(found[:PICKS_MAX]) for key, found in by_key.items() if found}


class MemoryAnnouncements:
    """Announcements in memory: an `Announcements`."""

    def __init__(self) -> None:
        self._announcements: dict[str, Announcement] = {}

    async def add(self, announcement: Announcement) -> None:
        key = announcement_key(announcement.tenant, announcement.record)
        stored = self._announcements.get(key, announcement)
        self._announcements[key] = max(stored, announcement, key=lambda each: each.at)

    async def settle(self, tenant: str, record: str, at: datetime) -> None:
        key = announcement_key(tenant, record)
        if key in self._announcements and self._announcements[key].at <= at:
            del self._announcements[key]

    async def unsettled(self, before: datetime, size: int) -> list[Announcement]:
        old = (each for each in self._announcements.values() if each.at < before)
        return sorted(old, key=lambda each: each.at)[:size]


def _is(tenant: str, listed: bool) -> Condition:
    return lambda document: document["tenant"] == tenant and document["listed"] == listed


def _is_version(tenant: str, stored: Record) -> Condition:
    version = (tenant, stored.version, stored.deleted_at)

    def is_version(document: Document) -> bool:
        return (document["tenant"], document["version"], document["deleted_at"]) == version

    return is_version
