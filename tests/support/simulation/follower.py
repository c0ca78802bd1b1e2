"""A client that trusts its frames: it reads the log after a resync only, as the protocol allows.

A page reads the log after every welcome too, which hides a frame that was never sent.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, combinations
from typing import Any

from pydantic import TypeAdapter

from softphone_common.contracts.call import CallJson, call_json
from softphone_common.domain.call import Call, Observation, fold_all
from softphone_common.domain.call_view import view

Json = dict[str, Any]
_JSON = TypeAdapter(CallJson)


class Follower:
    """The calls of one user by frames alone, since the last resync."""

    def __init__(self, user: str, extension: str) -> None:
        self.user = user
        self.extension = extension
        self.since: float | None = None
        """When a resync, or the first welcome, last began the sequence of frames."""
        self._calls: dict[str, Json] = {}

    def take(self, frame: Json, now: float) -> None:
        """Takes one frame of the socket."""
        if frame["type"] == "resync" or self.since is None:
            self.since = now
        for call in (*frame.get("calls", ()), *([frame["call"]] if "call" in frame else [])):
            self._calls[call["id"]] = call

    def missed(self, taken: Iterable[tuple[float, Observation]]) -> Iterable[str]:
        """The calls whose last frame lacks an observation that the broker took meanwhile."""
        earlier: dict[str, list[Observation]] = {}
        followed: dict[str, list[Observation]] = {}
        for at, observation in taken:
            if self.since is not None and observation.extension == self.extension:
                part = followed if at > self.since else earlier
                part.setdefault(observation.call_id, []).append(observation)
        for call_id in sorted(followed):
            legs = self._calls.get(call_id, {}).get("legs", [])
            if legs not in _possible_legs(earlier.get(call_id, []), followed[call_id]):
                phases = ", ".join(sorted(observation.phase for observation in followed[call_id]))
                yield f"{self.user} got no frame of all of {phases}: {call_id} has the legs {legs}"


def _possible_legs(
    earlier: Sequence[Observation], followed: Sequence[Observation]
) -> Iterable[list[Json]]:
    """The legs by all that was followed, with any part of what came earlier.

    A frame is compared whole: a later ring may open a leg again, and with a clock that is wrong an
    end may be of no consequence, so no single time of a leg has to be in the last frame.
    """
    sizes = range(len(earlier), -1, -1)
    for some in chain.from_iterable(combinations(earlier, size) for size in sizes):
        call = fold_all(Call(followed[0].call_id), (*some, *followed))
        yield _JSON.dump_python(call_json(view(call), ()), mode="json")["legs"]
