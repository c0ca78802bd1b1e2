"""Click-to-call in memory: `DialLinks` and `IdempotencyKeys`."""

from softphone_common.contracts.dial_link import DialLink
from softphone_ingest.click_to_call.idempotency import EarlierClick


class MemoryDialLinks:
    """The links of users in memory."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, str], DialLink] = {}

    async def get(self, tenant: str, user: str) -> DialLink | None:
        return self._links.get((tenant, user))

    async def put(self, tenant: str, user: str, link: DialLink) -> None:
        self._links[tenant, user] = link

    async def remove(self, tenant: str, user: str) -> bool:
        return self._links.pop((tenant, user), None) is not None


class MemoryIdempotencyKeys:
    """Clicks with a key in memory; they never expire."""

    def __init__(self) -> None:
        self._clicks: dict[tuple[str, str], EarlierClick] = {}

    async def claim(self, tenant: str, call_id: str, fingerprint: str) -> EarlierClick | None:
        earlier = self._clicks.get((tenant, call_id))
        if earlier is None:
            self._clicks[tenant, call_id] = EarlierClick(fingerprint, None)
        return earlier

    async def complete(
        self, tenant: str, call_id: str, fingerprint: str, link: str, ext_by_hand: str = ""
    ) -> None:
        self._clicks[tenant, call_id] = EarlierClick(fingerprint, link, ext_by_hand)
