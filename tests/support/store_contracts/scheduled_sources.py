"""The behaviour of a store of sources and of runs that are fetched, on MongoDB and in memory."""

from typing import Any

from softphone_matcher.fetching.fetches import PART, Fetches, first_part
from softphone_matcher.fetching.store import Sources
from softphone_matcher.imports.mapping import ColumnMapping, NumberColumn
from softphone_matcher.runs.run import Ending, FetchProgress, StoredRun
from softphone_matcher.runs.store import Runs
from softphone_matcher.sources.source import Schedule, StoredSource
from support.observations import at
from support.store_contracts.runs import stored_run

KEPT = 3


def source(id_: str, name: str = "crm", tenant: str = "acme", **more: Any) -> StoredSource:
    """A source that is read nightly."""
    mapping = ColumnMapping(name=("a", "b"), numbers=(NumberColumn("n"),), host_id="id")
    fields: dict[str, Any] = {"next_at": at(0), "changed_at": at(0), "sealed": "sealed"}
    return StoredSource(
        id=id_,
        tenant=tenant,
        name=name,
        address="https://crm.example.com/",
        mapping=mapping,
        schedule=Schedule(at="02:30"),
        **{**fields, **more},
    )


class SourceOfANewerRelease(StoredSource):
    """A source of a kind that this release does not read."""

    kind: str  # type: ignore[assignment]


class ScheduledSourcesContract:
    """Needs a fixture `sources` with an empty store."""

    async def test_source_is_stored_whole_and_for_its_tenant(self, sources: Sources) -> None:
        await sources.add(source("a"))
        await sources.add(source("b", tenant="other"))
        await sources.add(source("c", "aaa"))
        assert await sources.get("acme", "a") == source("a")
        assert await sources.get("other", "a") is None
        assert [each.id for each in await sources.list_all("acme")] == ["c", "a"]
        assert await sources.change(source("a", tenant="other")) is None
        assert not await sources.remove("other", "a")
        assert await sources.remove("acme", "a")
        assert await sources.get("acme", "a") is None

    async def test_change_keeps_the_latest_run(self, sources: Sources) -> None:
        await sources.add(source("a"))
        await sources.note(source("a"), "r1", at(60))
        changed = await sources.change(source("a", "new", next_at=None))
        assert changed is not None
        assert (changed.name, changed.last_run, changed.version) == ("new", "r1", 2)
        assert await sources.get("acme", "a") == changed

    async def test_marks_are_noted_with_a_run_and_kept_by_a_change(self, sources: Sources) -> None:
        await sources.add(source("a"))
        read = source("a", marks={"Contacts": "2026-03-02 09:00:00"}, read_at=at(30))
        await sources.note(read, "r1", at(60))
        stored = await sources.get("acme", "a")
        assert stored is not None
        assert (stored.marks, stored.read_at) == (read.marks, at(30))
        held = stored.model_copy(update={"read_at": None})
        await sources.note(held, "r2", at(60))
        assert await sources.get("acme", "a") == held.model_copy(update={"last_run": "r2"})
        changed = await sources.change(source("a", marks=stored.marks))
        assert changed is not None
        assert (changed.marks, changed.read_at) == (read.marks, None)

    async def test_due_sources_are_listed_in_order(self, sources: Sources) -> None:
        for id_, seconds in (("a", 30), ("b", 10), ("c", 31)):
            await sources.add(source(id_, next_at=at(seconds)))
        await sources.add(source("d", next_at=None))
        assert [each.id for each in await sources.list_due(at(30))] == ["b", "a"]

    async def test_source_of_a_newer_release_hides_no_other(self, sources: Sources) -> None:
        newer = dict(source("b", "newer")) | {"kind": "odata"}
        await sources.add(SourceOfANewerRelease.model_construct(**newer))
        await sources.add(source("a"))
        assert [each.id for each in await sources.list_due(at(0))] == ["a"]
        assert [each.id for each in await sources.list_all("acme")] == ["a"]
        assert await sources.get("acme", "b") is None

    async def test_note_of_an_older_state_changes_nothing(self, sources: Sources) -> None:
        await sources.add(source("a"))
        await sources.note(source("a"), "r1", at(60))
        await sources.note(source("a"), "r2", at(90))
        await sources.note(source("a", last_run="r1", version=2), "r3", at(99))
        stored = await sources.get("acme", "a")
        assert stored is not None
        assert (stored.last_run, stored.next_at) == ("r1", at(60))


def fetching(id_: str, seconds: float = 0, tenant: str = "acme", **more: Any) -> StoredRun:
    """A run of a source that nobody has begun to read."""
    fields: dict[str, Any] = {"source_id": "s", "state": "fetching", "kind": "json", "size": 0}
    fields["fetch"] = FetchProgress(position="https://crm.example.com/")
    return stored_run(id_, seconds, tenant, **{**fields, **more})


async def claim(
    fetches: Fetches, owner: str, seconds: float = 0, busy: tuple[str, ...] = ()
) -> str | None:
    """The id of the run that this worker takes for 60 seconds."""
    run = await fetches.claim(owner, at(seconds), at(seconds + 60), busy)
    return run.id if run else None


class FetchesContract:
    """Needs a fixture `fetches` with an empty store, and `all_runs` with the same runs."""

    async def test_run_is_begun_once(self, fetches: Fetches, all_runs: Runs) -> None:
        assert await fetches.begin(fetching("a"), KEPT)
        assert not await fetches.begin(fetching("a", 5), KEPT)
        assert await all_runs.get("acme", "a") == fetching("a")
        assert await all_runs.count_open("acme") == 0

    async def test_one_worker_has_a_run_while_its_lease_lasts(self, fetches: Fetches) -> None:
        await fetches.begin(fetching("a"), KEPT)
        await fetches.begin(fetching("b", 1), KEPT)
        await fetches.begin(fetching("c", 2, "other"), KEPT)
        assert await claim(fetches, "w1") == "a"
        assert await claim(fetches, "w1", 1, ("acme",)) == "c"
        assert await claim(fetches, "w2", 1) == "b"
        assert await claim(fetches, "w3", 1) is None
        assert await claim(fetches, "w3", 61) == "a"

    async def test_lease_is_extended_by_its_worker_alone(
        self, fetches: Fetches, all_runs: Runs
    ) -> None:
        await fetches.begin(fetching("a"), KEPT)
        await claim(fetches, "w1")
        assert not await fetches.extend("a", "w2", at(200))
        assert await fetches.extend("a", "w1", at(120))
        assert await claim(fetches, "w2", 61) is None
        assert await claim(fetches, "w2", 121) == "a"
        assert not await fetches.extend("a", "w1", at(300))
        assert await all_runs.cancel("acme", "a", at(130))
        assert not await fetches.extend("a", "w2", at(300))

    async def test_workers_of_imports_wait_for_the_end(
        self, fetches: Fetches, all_runs: Runs
    ) -> None:
        await fetches.begin(fetching("a"), KEPT)
        assert await all_runs.list_free("w", at(0)) == []
        assert await all_runs.claim("a", "w", at(0), at(60)) is None
        assert await claim(fetches, "w1") == "a"
        assert not await fetches.hand_over("a", "w2")
        assert await fetches.hand_over("a", "w1")
        assert await all_runs.list_free("w", at(0)) == [("a", "acme")]
        run = await all_runs.claim("a", "w", at(2), at(60))
        assert run is not None
        assert (run.state, run.attempts, run.started_at) == ("running", 1, at(0))

    async def test_pages_are_stored_in_order_and_again(
        self, fetches: Fetches, all_runs: Runs
    ) -> None:
        large = bytes(range(256)) * (PART // 200)
        await fetches.begin(fetching("a"), KEPT)
        await claim(fetches, "w1")
        first = FetchProgress(
            position="2", pages=1, records=5, size=len(large), parts=2, digest="d"
        )
        run = fetching("a")
        assert await fetches.add_page(run, "w1", at(90), large, first)
        second = first.model_copy(update={"position": "", "parts": 3, "size": len(large) + 3})
        run = run.model_copy(update={"fetch": first})
        assert not await fetches.add_page(run, "w2", at(90), b"old", second)
        assert await fetches.add_page(run, "w1", at(90), b"new", second)
        assert await all_runs.read_file("a") == large + b"new"
        stored = await all_runs.get("acme", "a")
        assert stored is not None
        assert (stored.fetch, stored.fetched, stored.size) == (second, 5, len(large) + 3)
        assert stored.attempts == 0

    async def test_source_read_anew_keeps_the_last_reading_alone(
        self, fetches: Fetches, all_runs: Runs
    ) -> None:
        run = fetching("a")
        await fetches.begin(run, KEPT)
        await claim(fetches, "w1")
        old = FetchProgress(position="2", records=5, size=3, parts=1)
        assert await fetches.add_page(run, "w1", at(60), b"old", old)
        first = first_part(1)
        anew = FetchProgress(position="1", parts=first, beginnings=1)
        assert not await fetches.begin_again("a", "w2", at(60), anew)
        assert await fetches.begin_again("a", "w1", at(60), anew)
        stored = await all_runs.get("acme", "a")
        assert stored is not None
        assert (stored.fetch, stored.fetched, stored.size) == (anew, 0, 0)
        page = anew.model_copy(update={"position": "", "parts": first + 1})
        run = run.model_copy(update={"fetch": anew})
        assert await fetches.add_page(run, "w1", at(60), b"new", page)
        # of a worker that lost the run before it was read anew
        assert not await fetches.add_page(fetching("a"), "w2", at(60), b"late", old)
        assert await fetches.hand_over("a", "w1", first)
        assert await all_runs.read_file("a") == b"new"

    async def test_run_that_failed_keeps_no_file(self, fetches: Fetches, all_runs: Runs) -> None:
        await fetches.begin(fetching("a"), KEPT)
        await claim(fetches, "w1")
        progress = FetchProgress(position="2", size=1, parts=1)
        await fetches.add_page(fetching("a"), "w1", at(60), b"x", progress)
        ending = Ending("failed", "source-refused", {"status": 401})
        assert not await fetches.end("a", "w2", ending, at(5))
        assert await fetches.end("a", "w1", ending, at(5))
        stored = await all_runs.get("acme", "a")
        assert stored is not None
        assert (stored.state, stored.code, stored.params) == (
            "failed",
            "source-refused",
            {"status": 401},
        )
        assert stored.finished_at == at(5)
        assert await all_runs.read_file("a") is None

    async def test_run_that_is_postponed_waits_and_one_released_does_not(
        self, fetches: Fetches, all_runs: Runs
    ) -> None:
        await fetches.begin(fetching("a"), KEPT)
        await claim(fetches, "w1")
        await fetches.release("a", "w1")
        assert await claim(fetches, "w2") == "a"
        assert await fetches.postpone("a", "w2", at(30), "source-unreachable", {"host": "h"})
        assert await claim(fetches, "w2", 29) is None
        assert await claim(fetches, "w2", 31) == "a"
        stored = await all_runs.get("acme", "a")
        assert stored is not None
        assert (stored.attempts, stored.code, stored.params) == (
            2,
            "source-unreachable",
            {"host": "h"},
        )

    async def test_runs_of_sources_do_not_replace_those_of_files(
        self, fetches: Fetches, all_runs: Runs
    ) -> None:
        await all_runs.add(stored_run("file", state="finished"), b"", KEPT)
        for n in range(KEPT + 3):
            await fetches.begin(fetching(f"r{n}", n + 1, state="failed"), KEPT)
        page = await all_runs.list_latest("acme", None, 20)
        assert [run.id for run in page.items] == ["r5", "r4", "r3", "file"]
