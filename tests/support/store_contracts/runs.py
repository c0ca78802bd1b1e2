"""The behaviour of a Runs store, tested on MongoDB and in memory alike."""

import asyncio
from typing import Any

import pytest

from softphone_matcher.imports.mapping import ColumnMapping
from softphone_matcher.previews.choices import FileChoices
from softphone_matcher.runs.run import (
    HELD_MAX,
    PROBLEMS_MAX,
    Ending,
    RowProblem,
    RunCounts,
    StoredRun,
)
from softphone_matcher.runs.store import Runs
from support.observations import at

KEPT = 3
DONE = RunCounts(rows_read=200, created=200)
PLANNED = RunCounts(rows_read=400, created=390, rejected=10)


def stored_run(id_: str, seconds: float = 0, tenant: str = "acme", **more: Any) -> StoredRun:
    """A run that waits; its source is `crm`."""
    fields: dict[str, Any] = {
        "actor": "u1",
        "source": "crm",
        "file": "contacts.csv",
        "size": 4,
        "kind": "csv",
        "encoding": "utf-8",
        "separator": ";",
        "sheet": "",
        "mapping": ColumnMapping(name=("Name",)),
        "choices": FileChoices(separator=";"),
        "requested_by": "anna",
    }
    return StoredRun(id=id_, tenant=tenant, requested_at=at(seconds), **{**fields, **more})


class RunOfAnotherRelease(StoredRun):
    """A run of a kind of file that this release does not know."""

    kind: str  # type: ignore[assignment]
    state: str  # type: ignore[assignment]
    mapping: Any


OTHERWISE = {"kind": "ods"}


async def claim(runs: Runs, id_: str, owner: str, seconds: float = 0) -> StoredRun | None:
    """Takes the run for 60 seconds."""
    return await runs.claim(id_, owner, at(seconds), at(seconds + 60))


async def hold(runs: Runs, run: StoredRun) -> None:
    """Adds the run as one that a worker has held."""
    await runs.add(run, b"x", KEPT)
    await claim(runs, run.id, "w1")
    ending = Ending("held", "import-absent-many", {"absent": 3}, absent=3)
    assert await runs.finish(run.id, "w1", DONE, ending, at(5))


async def state(runs: Runs, id_: str) -> tuple[str, str, Any]:
    """The state of the run, why, and when it ended."""
    run = await runs.get("acme", id_)
    assert run is not None
    return run.state, run.code, run.finished_at


def problem(row: int) -> RowProblem:
    return RowProblem(row=row, field="name", code="name-missing")


class RunsContract:
    """Needs a fixture `runs` with an empty store."""

    async def test_a_run_is_stored_with_its_file(self, runs: Runs) -> None:
        data = bytes(range(256)) * 10_000
        await runs.add(stored_run("a"), data, KEPT)
        assert await runs.get("acme", "a") == stored_run("a")
        assert await runs.read_file("a") == data
        assert await runs.read_file("b") is None
        assert await runs.count_open("acme") == 1

    async def test_one_of_two_workers_takes_a_run(self, runs: Runs) -> None:
        await runs.add(stored_run("a"), b"x", KEPT)
        claims = await asyncio.gather(*(claim(runs, "a", owner) for owner in ("w1", "w2", "w3")))
        (taken,) = [each for each in claims if each is not None]
        assert (taken.state, taken.started_at, taken.attempts) == ("running", at(0), 1)

    async def test_a_run_is_free_when_its_lease_has_ended(self, runs: Runs) -> None:
        await runs.add(stored_run("a"), b"x", KEPT)
        assert await claim(runs, "a", "w1")
        assert await runs.list_free("w2", at(59)) == []
        assert await runs.list_free("w1", at(59)) == [("a", "acme")]
        assert await claim(runs, "a", "w2", 59) is None
        assert await runs.list_free("w2", at(61)) == [("a", "acme")]
        again = await claim(runs, "a", "w2", 61)
        assert again is not None
        assert (again.started_at, again.attempts) == (at(0), 2)

    async def test_a_run_of_another_release_is_ended(self, runs: Runs) -> None:
        await runs.add(RunOfAnotherRelease(**stored_run("a").model_dump() | OTHERWISE), b"x", KEPT)
        await runs.add(stored_run("b", 1), b"x", KEPT)
        assert await claim(runs, "a", "w1", 2) is None
        assert await runs.list_free("w2", at(3)) == [("b", "acme")]
        assert await claim(runs, "a", "w2", 99) is None
        assert await runs.read_file("a") is None
        assert await runs.count_open("acme") == 1

    @pytest.mark.parametrize("other", [{"kind": "ods"}, {"state": "paused"}, {"mapping": {"x": 1}}])
    async def test_runs_of_another_release_are_unknown(
        self, runs: Runs, other: dict[str, Any]
    ) -> None:
        """They are shown among all others with the fields that are read."""
        await runs.add(stored_run("a"), b"x", KEPT)
        await runs.add(RunOfAnotherRelease(**stored_run("b", 1).model_dump() | other), b"x", KEPT)
        listed = (await runs.list_latest("acme", None, 50)).items
        assert [(run.id, run.state) for run in listed] == [("b", "unknown"), ("a", "waiting")]
        assert (listed[0].code, listed[0].file) == ("import-of-another-release", "contacts.csv")
        shown = await runs.get("acme", "b")
        assert shown is not None
        assert (shown.state, shown.requested_at) == ("unknown", at(1))

    async def test_a_run_of_another_release_can_be_cancelled(self, runs: Runs) -> None:
        await runs.add(RunOfAnotherRelease(**stored_run("a").model_dump() | OTHERWISE), b"x", KEPT)
        cancelled = await runs.cancel("acme", "a", at(5))
        assert cancelled is not None
        assert cancelled.state == "unknown"
        assert await runs.count_open("acme") == 0
        assert await runs.read_file("a") is None

    async def test_attempts_count_until_a_worker_says_otherwise(self, runs: Runs) -> None:
        await runs.add(stored_run("a"), b"x", KEPT)
        for n, attempts in enumerate((1, 2, 2, 0)):
            taken = await claim(runs, "a", "w1", n)
            assert taken is not None
            assert taken.attempts == (1, 2, 3, 3)[n]
            assert await runs.plan("a", "w1", at(60), DONE, PLANNED, attempts)
        assert await runs.extend("a", "w1", at(60), 1, 4)
        taken = await claim(runs, "a", "w1", 9)
        assert taken is not None
        assert (taken.attempts, taken.removed) == (5, 1)

    async def test_a_run_that_is_released_is_free_at_once(self, runs: Runs) -> None:
        await runs.add(stored_run("a"), b"x", KEPT)
        await claim(runs, "a", "w1")
        await runs.release("a", "w2")
        assert await claim(runs, "a", "w2") is None
        await runs.release("a", "w1")
        again = await claim(runs, "a", "w2")
        assert again is not None
        assert again.attempts == 1

    async def test_a_worker_without_its_lease_writes_nothing(self, runs: Runs) -> None:
        await runs.add(stored_run("a"), b"x", KEPT)
        await claim(runs, "a", "w1")
        assert await runs.plan("a", "w1", at(60), DONE, PLANNED, 0)
        taken = await claim(runs, "a", "w2", 61)
        assert taken is not None
        assert (taken.counts, taken.planned) == (DONE, PLANNED)
        assert not await runs.plan("a", "w1", at(120), PLANNED, PLANNED, 0)
        assert not await runs.finish("a", "w1", PLANNED, Ending("finished"), at(70))
        assert not await runs.extend("a", "w1", at(120), 7, 0)
        assert (await runs.get("acme", "a") or taken).counts == DONE
        assert await runs.read_file("a") == b"x"

    async def test_the_end_removes_the_file(self, runs: Runs) -> None:
        await runs.add(stored_run("a"), b"x", KEPT)
        await claim(runs, "a", "w1")
        params = {"reason": "quotes"}
        ending = Ending("failed", "file-damaged", params)
        assert await runs.finish("a", "w1", PLANNED, ending, at(9))
        ended = await runs.get("acme", "a")
        assert ended is not None
        assert (ended.state, ended.counts, ended.planned) == ("failed", PLANNED, None)
        assert (ended.code, ended.params, ended.finished_at) == ("file-damaged", params, at(9))
        assert await runs.read_file("a") is None
        assert await runs.count_open("acme") == 0
        assert await claim(runs, "a", "w2", 999) is None
        assert await runs.list_free("w2", at(999)) == []

    async def test_a_cancelled_run_is_no_longer_its_workers(self, runs: Runs) -> None:
        await runs.add(stored_run("a"), b"x", KEPT)
        await claim(runs, "a", "w1")
        assert await runs.cancel("other", "a", at(5)) is None
        cancelled = await runs.cancel("acme", "a", at(5))
        assert cancelled is not None
        assert (cancelled.state, cancelled.finished_at) == ("cancelled", at(5))
        assert not await runs.plan("a", "w1", at(60), DONE, PLANNED, 0)
        assert not await runs.finish("a", "w1", DONE, Ending("finished"), at(6))
        assert await runs.cancel("acme", "a", at(7)) is None
        assert await runs.read_file("a") is None

    async def test_a_held_run_goes_on_when_it_is_confirmed(self, runs: Runs) -> None:
        await runs.add(stored_run("a", complete=True), b"x", KEPT)
        await claim(runs, "a", "w1")
        ending = Ending("held", "import-absent-many", {"absent": 3}, absent=3)
        assert await runs.finish("a", "w1", DONE, ending, at(9))
        held = await runs.get("acme", "a")
        assert held is not None
        assert (held.state, held.code, held.absent) == ("held", "import-absent-many", 3)
        assert (held.finished_at, await runs.read_file("a")) == (None, b"x")
        assert await runs.list_free("w2", at(10)) == []
        assert await claim(runs, "a", "w2", 10) is None
        assert await runs.count_open("acme") == 0

        assert await runs.confirm("other", "a", "clara") is None
        confirmed = await runs.confirm("acme", "a", "clara")
        assert confirmed is not None
        assert (confirmed.state, confirmed.code, confirmed.confirmed_by) == ("waiting", "", "clara")
        assert await runs.confirm("acme", "a", "clara") is None
        assert await claim(runs, "a", "w2", 10)
        assert await runs.extend("a", "w2", at(100), 2, 0)
        assert await claim(runs, "a", "w1", 80) is None
        ending = Ending("finished", absent=3, removed=3)
        assert await runs.finish("a", "w2", DONE, ending, at(20))
        ended = await runs.get("acme", "a")
        assert ended is not None
        assert (ended.state, ended.removed, ended.finished_at) == ("finished", 3, at(20))

    async def test_a_held_run_ends_after_a_later_file(self, runs: Runs) -> None:
        for n, (id_, source) in enumerate((("a", "crm"), ("b", "outlook"), ("c", "crm"))):
            await hold(runs, stored_run(id_, n, source=source))
        later = stored_run("d", 3)
        await runs.end_forgotten(stored_run("x", 9, "other"), at(9))
        await runs.end_forgotten(later, at(9))
        states = [await state(runs, id_) for id_ in ("a", "b", "c")]
        superseded = ("finished", "import-removal-superseded", at(9))
        assert states == [superseded, ("held", "import-absent-many", None), superseded]
        assert [await runs.read_file(id_) for id_ in ("a", "b")] == [None, b"x"]

    async def test_runs_held_for_too_long_end(self, runs: Runs) -> None:
        for n in range(HELD_MAX + 1):
            await hold(runs, stored_run(f"r{n}", n, source=f"s{n}"))
        await runs.end_forgotten(stored_run("x", HELD_MAX), at(9))
        assert await state(runs, "r0") == ("finished", "import-removal-forgotten", at(9))
        assert await state(runs, "r1") == ("held", "import-absent-many", None)

    async def test_a_held_run_can_be_cancelled(self, runs: Runs) -> None:
        await runs.add(stored_run("a"), b"x", KEPT)
        await claim(runs, "a", "w1")
        await runs.finish("a", "w1", DONE, Ending("held", "import-rows-rejected"), at(9))
        cancelled = await runs.cancel("acme", "a", at(10))
        assert cancelled is not None
        assert (cancelled.state, cancelled.code, cancelled.counts) == ("cancelled", "", DONE)

    async def test_later_files_of_a_source_are_known(self, runs: Runs) -> None:
        first = stored_run("a")
        await runs.add(first, b"x", KEPT)
        await runs.add(stored_run("b", 1, "other"), b"x", KEPT)
        await runs.add(stored_run("c", 1, source="outlook"), b"x", KEPT)
        await runs.add(stored_run("d", 1), b"x", KEPT)
        await runs.cancel("acme", "d", at(2))
        assert not await runs.has_later(first)
        await runs.add(stored_run("e", 2), b"x", KEPT)
        assert await runs.has_later(first)

    async def test_runs_of_a_tenant_are_taken_in_order(self, runs: Runs) -> None:
        for id_, seconds, tenant in (("b", 2, "acme"), ("c", 3, "other"), ("a", 1, "acme")):
            await runs.add(stored_run(id_, seconds, tenant), b"x", KEPT)
        assert await runs.list_free("w1", at(5)) == [("a", "acme"), ("c", "other")]
        await claim(runs, "a", "w1", 5)
        assert await runs.list_free("w2", at(6)) == [("c", "other")]

    async def test_runs_belong_to_their_tenant(self, runs: Runs) -> None:
        await runs.add(stored_run("a"), b"x", KEPT)
        assert await runs.get("other", "a") is None
        assert await runs.count_open("other") == 0
        assert (await runs.list_latest("other", None, 50)).items == []

    async def test_latest_runs_are_listed_in_pages(self, runs: Runs) -> None:
        for n in range(5):
            await runs.add(stored_run(f"r{n}", n), b"x", KEPT)
        first = await runs.list_latest("acme", None, 3)
        assert [run.id for run in first.items] == ["r4", "r3", "r2"]
        rest = await runs.list_latest("acme", first.next, 3)
        assert ([run.id for run in rest.items], rest.next) == (["r1", "r0"], None)

    async def test_problems_are_stored_once_up_to_a_limit(self, runs: Runs) -> None:
        for _ in range(2):
            await runs.add_problems("a", [problem(2), problem(7)], 0)
            await runs.add_problems("a", [problem(9)], 2)
        await runs.add_problems("a", [problem(10), problem(11)], PROBLEMS_MAX - 1)
        await runs.add_problems("b", [], 0)
        assert [each.row for each in await runs.list_problems("a")] == [2, 7, 9, 10]
        assert [each.row for each in await runs.list_problems("a", 1)] == [2]
        assert await runs.list_problems("b") == []

    async def test_runs_that_ended_long_ago_are_removed(self, runs: Runs) -> None:
        for n in range(5):
            await runs.add(stored_run(f"r{n}", n), b"x", KEPT)
            await runs.add_problems(f"r{n}", [problem(n)], 0)
            if n:
                await runs.cancel("acme", f"r{n}", at(n))
        await runs.add(stored_run("other", 9, "other"), b"x", KEPT)
        await runs.add(stored_run("r5", 9), b"x", KEPT)
        listed = await runs.list_latest("acme", None, 50)
        assert [run.id for run in listed.items] == ["r5", "r4", "r3", "r2", "r0"]
        assert await runs.list_problems("r1") == []
        assert await runs.list_problems("r2") == [problem(2)]
