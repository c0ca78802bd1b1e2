"""Who sees records, as the latest messages said of those whose sharing was changed lately."""

from collections import OrderedDict

from softphone_common.contracts.events import RecordShared
from softphone_common.domain.matching import Lookup, shared_since

_RECORDS_MAX = 1000
"""Records of a tenant that are kept; a look-up is published within a moment after it began."""


class LatestSharings:
    """The latest sharing of each record, for look-ups that began before it and come after it."""

    def __init__(self) -> None:
        self._sharings: OrderedDict[str, RecordShared] = OrderedDict()

    def add(self, sharing: RecordShared) -> None:
        """Keeps the sharing, unless there is a later one of its record."""
        before = self._sharings.get(sharing.record)
        if before is not None and before.at >= sharing.at:
            return
        self._sharings[sharing.record] = sharing
        self._sharings.move_to_end(sharing.record)
        while len(self._sharings) > _RECORDS_MAX:
            self._sharings.popitem(last=False)

    def applied_to(self, lookup: Lookup) -> Lookup:
        """The look-up with those who see its records now, and with the ones they are part of."""
        records = [match.record for match in lookup.matches]
        for record in records:
            sharing = self._sharings.get(record)
            if sharing is None:
                continue
            before, merged = lookup, sharing.merged
            lookup = shared_since(lookup, record, sharing, sharing.at, merged)
            if merged is not None and lookup is not before:
                records.append(merged.record)  # which may be part of another one by now
        return lookup
