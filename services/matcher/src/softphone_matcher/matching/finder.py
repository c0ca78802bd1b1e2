"""Finds the records of calls, and says of which numbers no records are shown."""

from collections.abc import Callable, Iterable, Mapping

from softphone_common.contracts.entities import Tenant
from softphone_common.domain.keys.lookup_keys import is_number
from softphone_common.domain.matching import Match, counterpart_key, why_without_key
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.domain.numbers.renumbering import line_forms
from softphone_matcher.directory.store import Finder


class MatchFinder:
    """The records of numbers, without those of the tenant's own and ignored numbers; a `Finder`.

    `tenant_of` returns None for a tenant that is not stored, and may raise UnavailableError.
    """

    def __init__(self, records: Finder, tenant_of: Callable[[str], Tenant | None]) -> None:
        self._records = records
        self._tenant_of = tenant_of
        self._listed: dict[str, tuple[int, Mapping[str, str]]] = {}
        """The numbers of each tenant, read once for each version."""

    async def find(self, tenant: str, numbers: Iterable[str]) -> dict[str, tuple[Match, ...]]:
        wanted, listed = list(dict.fromkeys(numbers)), self._numbers_of(tenant)
        others = [number for number in wanted if line_forms(number)[0] not in listed]
        found = await self._records.find(tenant, others) if others else {}
        return {number: found.get(number, ()) for number in wanted}

    def why_none(self, tenant: str, number: RemoteNumber) -> str | None:
        """The code of the reason why the number never finds a record; None if it may find one."""
        listed = self._numbers_of(tenant).get(counterpart_key(number))
        return listed or why_without_key(number)

    def _numbers_of(self, id_: str) -> Mapping[str, str]:
        tenant = self._tenant_of(id_)
        if tenant is None:
            return {}
        version, listed = self._listed.get(id_, (0, {}))
        if version != tenant.version:
            listed = numbers_without_records(tenant)
            self._listed[id_] = tenant.version, listed
        return listed


def numbers_without_records(tenant: Tenant) -> dict[str, str]:
    """The counterpart keys of the tenant's own and ignored numbers, with the code of the reason."""
    lists = (("number-own", tenant.own_numbers), ("number-ignored", tenant.ignored_numbers))
    read = {
        counterpart_key(number.read(tenant.numbers)): code
        for code, numbers in lists
        for number in numbers
    }
    return {key: code for key, code in read.items() if key}


def e164_without_records(tenant: Tenant) -> frozenset[str]:
    """Those of the numbers without records that have an E.164."""
    return frozenset(filter(is_number, numbers_without_records(tenant)))
