"""The conditions that hold once everything has healed and no message is under way any more."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import reduce

from softphone_calllog.documents import record_of
from softphone_calllog.record import CallRecord
from softphone_common.domain.call import ENDS, Call, Observation, fold_all
from softphone_common.domain.call_view import view
from softphone_common.domain.matching import Lookup, add_lookup, lookup_key
from support.simulation.browser import Browser, Json
from support.simulation.follower import Follower
from support.simulation.instances import Instance
from support.simulation.servers import Servers
from support.store_contracts.call_memory import POLICY


def check(
    servers: Servers,
    instances: Iterable[Instance],
    browsers: Sequence[Browser],
    followers: Iterable[Follower],
    fresh: Mapping[str, Sequence[Json]],
) -> None:
    """Raises AssertionError with everything that does not hold. `fresh` is what the API lists for
    the user of each browser."""
    log = {record.call.id: record for record in map(record_of, servers.calls.matching({}))}
    failures = [
        *(failure for instance in instances for failure in instance.failures()),
        *(f"dead letters in {queue}: {n}" for queue, n in servers.broker.dead().items()),
        *_lost(servers),
        *_misfolded(servers, log),
        *_counted_twice(servers, log),
        *_swept(log.values()),
        *(f for each in followers for f in each.missed(_taken(servers))),
        *(failure for each in browsers for failure in _outdated(each, fresh[each.user])),
    ]
    assert not failures, "\n".join(failures)


def _taken(servers: Servers) -> list[tuple[float, Observation]]:
    """Each observation once, with the time at which the broker took it first."""
    return [(at, observation) for observation, at in servers.broker.first_taken.items()]


def _lost(servers: Servers) -> Iterable[str]:
    """Nothing that was answered 202 is lost on the way to the broker."""
    taken = set(servers.broker.observations)
    for message in servers.acknowledged:
        if message.observation not in taken:
            yield f"acknowledged and lost: {message.observation}"


def _misfolded(servers: Servers, log: Mapping[str, CallRecord]) -> Iterable[str]:
    """Each call is the fold of what the broker took, in whatever order that came."""
    observations: dict[str, set[Observation]] = defaultdict(set)
    for observation in servers.broker.observations:
        observations[observation.call_id].add(observation)
    lookups: dict[str, list[Lookup]] = defaultdict(list)
    for match in servers.broker.matches:
        lookups[match.call_id].append(match.lookup)
    for call_id in sorted(observations.keys() | log.keys()):
        # sorted by a field that says nothing, so that the order is not that of the run
        events = sorted(observations[call_id], key=lambda o: (o.extension, o.phase, o.at))
        call = fold_all(Call(call_id), events)
        if call_id not in log or log[call_id].call != call:
            yield f"{call_id} is not the fold of its {len(events)} observations"
            continue
        nothing: tuple[Lookup, ...] = ()
        found = reduce(add_lookup, lookups[call_id], nothing)
        if log[call_id].lookups != found:
            yield f"{call_id} has other look-ups than were published"
        numbers = {lookup_key(observation.remote) for observation in events} - {None}
        if numbers != {lookup.number for lookup in found}:
            yield f"{call_id} has numbers that were never looked up: {numbers}"


def _counted_twice(servers: Servers, log: Mapping[str, CallRecord]) -> Iterable[str]:
    """Each fact is written once, and each call of the telephone system is one call."""
    facts: dict[str, set[object]] = defaultdict(set)
    calls: dict[str, set[str]] = defaultdict(set)
    for observation in servers.broker.observations:
        facts[observation.call_id].add(observation)
        calls[observation.external_id].add(observation.call_id)
    for match in servers.broker.matches:
        facts[match.call_id].add((match.number, match.matched_at))
    for call_id, record in log.items():
        most = len(facts[call_id]) + servers.sweeps
        if record.revision > most:
            yield f"{call_id} was written {record.revision} times for {most} facts"
    for external_id, ids in calls.items():
        if len(ids) > 1 and not _was_reused(servers, external_id):
            yield f"{external_id} became {len(ids)} calls"


def _was_reused(servers: Servers, external_id: str) -> bool:
    """Whether an id began again so long after an end that it stands for another call.

    Two machines whose clocks differ may put such a time between two hits of one moment.
    """
    observed = [o for o in servers.broker.observations if o.external_id == external_id]
    ends = [o.at for o in observed if o.phase in ENDS]
    begins = [o.at for o in observed if o.phase in {"dialed", "ringing"}]
    reuse = timedelta(seconds=POLICY.reuse_seconds)
    return any(begin - end > reuse for begin in begins for end in ends)


def _swept(records: Iterable[CallRecord]) -> Iterable[str]:
    """No call that turned out to be complete stays in the recycle bin."""
    for record in records:
        if record.deleted_at is not None and view(record.call).talk_seconds is not None:
            yield f"{record.call.id} is complete and in the recycle bin"


def _outdated(browser: Browser, fresh: Sequence[Json]) -> Iterable[str]:
    """A snapshot and the frames after it give what a fresh snapshot gives."""
    wanted, shown = {call["id"]: call for call in fresh}, browser.shown()
    if missing := wanted.keys() - shown.keys():
        yield f"{browser.user} lacks the calls {sorted(missing)}"
    if more := shown.keys() - wanted.keys():
        yield f"{browser.user} shows calls that are deleted: {sorted(more)}"
    for id_ in sorted(wanted.keys() & shown.keys()):
        for field, value in wanted[id_].items():
            if shown[id_][field] != value:
                yield f"{browser.user} shows {id_} with {field} {shown[id_][field]}, not {value}"
