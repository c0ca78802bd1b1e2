"""A mirror goes on with what it has while its store refuses, and without what it can't read."""

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

    mirror = CollectionCache("things", read, parsed, seconds=0.01)
    await mirror.start()
    task = mirror.task.running
    assert task is not None
    try:
        await until(lambda: mirror.get("b") or task.done(), what="what came last")
        assert [thing.id for thing in mirror] == ["a", "b"]
        assert not task.done()
    finally:
        await mirror.stop()
