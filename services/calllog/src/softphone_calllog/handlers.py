"""The message handlers of calllog: folding calls in batches, and sweeping a tenant."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from softphone_calllog.calls import CallStore
from softphone_calllog.comments import CommentStore
from softphone_calllog.record import CallRecord, CallShared, Fact, call_id_of
from softphone_calllog.search.filter import CallFilter
from softphone_calllog.sharings import RecordSharings
from softphone_calllog.sweeper import Sweeper
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.events import (
    CallChanged,
    CallMatched,
    CallObserved,
    CleanUpFinished,
    NumbersMatched,
    RecordShared,
)
from softphone_common.domain.matching import Lookup
from softphone_common.domain.numbers.renumbering import line_forms
from softphone_common.domain.records.visibility import sights_of
from softphone_common.process.clock import Clock
from softphone_common.process.telemetry import log, trace_of

BATCH = 200
"""Calls of a record that are read and written in one step."""
CALLS_OF_A_NUMBER = 20
"""The latest calls with a number that follow a change of its records."""


class CallHandlers:
    """Handles the queues `calllog.call`, `.number`, `.record` and `.clean-up`."""

    def __init__(
        self,
        calls: CallStore,
        comments: CommentStore,
        sharings: RecordSharings,
        sweeper: Sweeper,
        security: SecurityLog,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._calls = calls
        self._comments = comments
        self._sharings = sharings
        self._sweeper = sweeper
        self._security = security
        self._bus = bus
        self._clock = clock

    async def on_calls(self, facts: Sequence[CallObserved | CallMatched]) -> None:
        """Stores a whole batch with one read and one bulk write."""
        await self._add(facts)
        for fact in facts:
            of = "match" if isinstance(fact, CallMatched) else fact.observation.phase
            log.info("folded", call=fact.subject, tenant=fact.tenant, of=of, trace=trace_of(fact))

    async def on_numbers_matched(self, messages: Sequence[NumbersMatched]) -> None:
        """Gives the latest calls with these numbers the records that have them now."""
        for message in messages:
            lookups = {line_forms(each.number)[0]: each for each in message.lookups}
            parties = await self._calls.parties_among(message.tenant, [*lookups])
            facts = [
                _fact(message.tenant, call_id, lookups[party])
                for party in sorted(parties)
                for call_id in await self._latest_with(message.tenant, party)
            ]
            await self._add(facts)

    async def on_records_shared(self, messages: Sequence[RecordShared]) -> None:
        """Has all calls and comments of these records shown to those who see the records now.

        Those of a record that was merged get the record that it is part of.
        """
        for message in messages:
            # before the calls are read: a call that comes in meanwhile reads it behind its write
            await self._sharings.add(message)
            after = ""
            while calls := await self._calls.list_with_record(
                message.tenant, message.record, after, BATCH
            ):
                await self._add(
                    [CallShared(message.tenant, call.call.id, message) for call in calls]
                )
                after = calls[-1].call.id
            # last: a comment takes the sights of its record from the call, as the call has them
            await self._share_comments(message)

    async def _share_comments(self, message: RecordShared) -> None:
        tenant, sights = message.tenant, sights_of(message)
        if message.merged is None:
            await self._comments.share(tenant, message.record, sights, message.at)
            return
        into = message.merged.record
        await self._comments.move(tenant, message.record, into, sights, message.at)
        # messages about the other record may have been handled before its comments came to it
        later = [each for each in await self._sharings.of([(tenant, into)]) if each.at > message.at]
        for each in later:
            await self._share_comments(each)

    async def _add(self, facts: Sequence[Fact]) -> None:
        """Stores the facts, and the sharings that have overtaken look-ups among them.

        Sharings are read after the write. Read before, one could be stored in between whose
        handler finds no call yet. After a merge those of the record that is shown now are read,
        and each of them is later than the one before.
        """
        while facts:
            await self._calls.add(facts)
            records = {(fact.tenant, record) for fact in facts for record in _shown_by(fact)[0]}
            sharings = await self._sharings.of(records) if records else []
            facts = [later for fact in facts for later in _overtaken(fact, sharings)]

    async def _latest_with(self, tenant: str, party: str) -> list[str]:
        filter_ = CallFilter(tenant, counterpart_key=party)
        page = await self._calls.list_calls(filter_, None, CALLS_OF_A_NUMBER)
        return [record.call.id for record in page.items]

    async def on_clean_up_requested(self, messages: Sequence[CleanUpRequested]) -> None:
        """Sweeps, and publishes a CallChanged for each call moved before the CleanUpFinished."""
        for message in messages:
            moved = await self._sweeper.sweep(
                message.tenant, message.sweep, message.actor, message.as_of
            )
            await self._bus.publish(*(call_changed(record) for record in moved))
            if moved:
                sweep = f"sweep/{message.sweep}"
                # an id of its own, since a message may come twice
                self._security.record("calls-swept", message.tenant, target=sweep, id_=sweep)
            # last: once the janitor has noted the end, nobody repeats what failed before it
            await self._bus.publish(
                CleanUpFinished(
                    tenant=message.tenant,
                    sweep=message.sweep,
                    moved=len(moved),
                    finished_at=self._clock(),
                )
            )


def _overtaken(fact: Fact, sharings: Iterable[RecordShared]) -> list[CallShared]:
    """The sharings of the records that the call shows because of the fact, if they are later."""
    records, at = _shown_by(fact)
    return [
        CallShared(fact.tenant, call_id_of(fact), sharing)
        for sharing in sharings
        if sharing.tenant == fact.tenant and sharing.record in records and sharing.at > at
    ]


def _shown_by(fact: Fact) -> tuple[frozenset[str], datetime]:
    """The records that its call shows because of a fact, and the time of that fact."""
    if isinstance(fact, CallMatched):
        return frozenset(match.record for match in fact.matches), fact.matched_at
    if isinstance(fact, CallShared):
        merged = fact.sharing.merged
        return frozenset() if merged is None else frozenset({merged.record}), fact.sharing.at
    return frozenset(), fact.observation.at


def _fact(tenant: str, call_id: str, lookup: Lookup) -> CallMatched:
    return CallMatched(
        tenant=tenant,
        call_id=call_id,
        number=lookup.number,
        matches=lookup.matches,
        matched_at=lookup.at,
    )


def call_changed(record: CallRecord) -> CallChanged:
    """The event that the call was deleted or restored."""
    return CallChanged(
        tenant=record.tenant,
        call_id=record.call.id,
        extensions=record.extensions,
        deleted_at=record.deleted_at,
        deleted_by=record.deleted_by,
        swept=record.swept,
    )
