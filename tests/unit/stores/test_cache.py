"""The cache of a collection keeps its entities while the store refuses or has unreadable ones."""

from collections.abc import Iterable

from pydantic import BaseModel
from pymongo.errors import OperationFailure

from softphone_common.stores.cache import CollectionCache, Stored
from softphone_testing.until import until


class Thing(BaseModel):
    id: str
    version: int


def parsed(stored: Stored) -> Thing:
    return Thing.model_validate({**stored, "id": stored["_id"]})


async def test_store_that_refuses_is_read_again_and_removes_nothing() -> None:
    """A cache whose task has ended would end the process."""
    answers: list[list[Stored] | Exception] = [
        OperationFailure("not authorized"),
        [{"_id": "a", "version": 1}],
        OperationFailure("not authorized"),
        [{"_id": "0", "version": "of another release"}, {"_id": "b", "version": 1}],
    ]

    async def read() -> Iterable[Stored]:
        answer = answers.pop(0) if answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer

    cache = CollectionCache("things", read, parsed, seconds=0.01)
    await cache.start()
    task = cache.task.running
    assert task is not None
    try:
        await until(lambda: cache.get("b") or task.done(), what="what came last")
        assert [thing.id for thing in cache] == ["a", "b"]
        assert not task.done()
    finally:
        await cache.stop()
