"""Gives search keys, and who sees their records, to the calls that earlier releases stored."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from softphone_calllog.calls import CallStore
from softphone_calllog.comments import NO_COMMENTS, CommentStore
from softphone_calllog.record import CallRecord, CallShared
from softphone_calllog.search.keys import with_comment
from softphone_calllog.sharings import RecordSharings
from softphone_common.domain.records.visibility import Viewer
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log

BATCH = 200
"""Calls that are read and written in one step."""
COMMENTS_READ = 50
"""Newest comments of a call that are read for its keys."""
_WHOEVER = Viewer()
"""The keys are of the texts, which are the same for all who read the call."""


class KeyFilling:
    """Writes the keys of calls without any, batch by batch. A resource of `service.run`.

    A call that has its keys is not read again, so an interrupted upgrade goes on where it was. It
    looks again every `seconds`, since an instance of an earlier release may still store calls. A
    record that is restricted before a call has its keys is not hidden there by the message about
    it, which finds calls by a field that is written with the keys.
    """

    name = "search keys"
    essential = False

    def __init__(
        self, calls: CallStore, comments: CommentStore, sharings: RecordSharings, seconds: float
    ) -> None:
        self._calls = calls
        self._comments = comments
        self._sharings = sharings
        self._seconds = seconds
        self.task = BackgroundTask(self._run, "search keys")

    async def start(self) -> None:
        """Returns at once; calls are found as soon as they have their keys."""
        self.task.start()

    async def ping(self) -> None:
        """Succeeds: calls are shown without their keys too."""

    async def stop(self) -> None:
        """Stops after the batch that is being written."""
        await self.task.stop()

    async def fill(self) -> int:
        """Writes the keys of all calls without any and returns how many it wrote."""
        filled = 0
        while calls := await self._calls.list_without_keys(BATCH):
            shared = [call for call, _ in await self._shared(calls)]
            written = await self._calls.write_keys(await self._with_comments(shared))
            # again behind the write: from then on the message about a record finds the calls itself
            if later := [fact for _, facts in await self._shared(shared) for fact in facts]:
                await self._calls.add(later)
            filled += written
            if not written:  # other writers were first, who wrote the keys themselves
                break
        return filled

    async def _run(self) -> None:
        while True:
            try:
                if filled := await self.fill():
                    log.info("search keys written", calls=filled)
            except UnavailableError as error:
                log.warning("search keys postponed", error=str(error))
            await asyncio.sleep(self._seconds)

    async def _shared(
        self, calls: Sequence[CallRecord]
    ) -> list[tuple[CallRecord, list[CallShared]]]:
        """The calls with who sees their records now, and what they heard of that."""
        records = {
            (c.tenant, match.record) for c in calls for of in c.lookups for match in of.matches
        }
        sharings = await self._sharings.of(records) if records else []
        shared = []
        for call in calls:
            facts = [
                CallShared(call.tenant, call.call.id, sharing)
                for sharing in sharings
                if sharing.tenant == call.tenant
            ]
            after = call.apply(facts)
            shared.append((after, facts if after != call else []))
        return shared

    async def _with_comments(self, calls: list[CallRecord]) -> list[CallRecord]:
        complete: list[CallRecord] = []
        for tenant in {call.tenant for call in calls}:
            own = [call for call in calls if call.tenant == tenant]
            ids = [call.call.id for call in own]
            comments = await self._comments.of_calls(tenant, ids, COMMENTS_READ, _WHOEVER)
            for call in own:
                newest = comments.get(call.call.id, NO_COMMENTS).newest
                keys: tuple[str, ...] = ()
                for comment in newest:
                    keys = with_comment(keys, comment.text)
                complete.append(replace(call, comment_keys=keys))
        return complete
