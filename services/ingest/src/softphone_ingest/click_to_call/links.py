"""The store of the links users dial with instead of their tenant's; opens none of them."""

from softphone_common.contracts.dial_link import DialLink
from softphone_common.stores.mongo import Database, reaching

COLLECTION = "dial_links"


class DialLinks:
    """Users' own links in MongoDB, at most one each."""

    def __init__(self, database: Database) -> None:
        self._links = database[COLLECTION]

    async def get(self, tenant: str, user: str) -> DialLink | None:
        """The user's own link. Raises UnavailableError while the store is away."""
        with reaching():
            document = await self._links.find_one({"_id": _key(tenant, user)})
        return None if document is None else DialLink.model_validate(document)

    async def put(self, tenant: str, user: str, link: DialLink) -> None:
        """Stores the user's link in place of any before."""
        fields = {"_id": _key(tenant, user), **link.model_dump()}
        with reaching():
            await self._links.replace_one({"_id": fields["_id"]}, fields, upsert=True)

    async def remove(self, tenant: str, user: str) -> bool:
        """Forgets the user's link; False if there is none."""
        with reaching():
            result = await self._links.delete_one({"_id": _key(tenant, user)})
        return result.deleted_count == 1


def _key(tenant: str, user: str) -> str:
    return f"{tenant}:{user}"  # no tenant has a colon in its id
