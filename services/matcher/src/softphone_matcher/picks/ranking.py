"""Finds the records of numbers in the order in which a tenant's users picked them."""

from collections.abc import Iterable
from dataclasses import replace

from softphone_common.domain.matching import Match
from softphone_common.domain.records.picks import by_picks
from softphone_matcher.directory.store import Finder
from softphone_matcher.picks.store import PicksOfNumber, PickStore


class Ranking:
    """A `Finder` whose matches have their picks. One match needs none, and costs no query."""

    def __init__(self, directory: Finder, picks: PickStore) -> None:
        self._directory = directory
        self._picks = picks

    async def find(self, tenant: str, keys: Iterable[str]) -> dict[str, tuple[Match, ...]]:
        found = await self._directory.find(tenant, keys)
        several = [key for key, matches in found.items() if len(matches) > 1]
        picks = await self._picks.of(tenant, several) if several else {}
        return found | {key: _ranked(found[key], of_key) for key, of_key in picks.items()}


def _ranked(matches: tuple[Match, ...], picks: PicksOfNumber) -> tuple[Match, ...]:
    ranked = (
        replace(match, picks=picked.count, picked_by=picked.users)
        if (picked := picks.get(match.record))
        else match
        for match in matches
    )
    return by_picks(ranked)
