"""The behaviour of an ApiKeyStore, tested on MongoDB and in memory alike."""

from softphone_common.contracts.entities import ApiKey
from softphone_notifier.api_keys.store import ApiKeyStore
from support.observations import at


def api_key(id_: str, tenant: str = "acme", made: int = 0) -> ApiKey:
    """A key of this tenant that may read the directory, made `made` seconds after the start."""
    return ApiKey(
        id=id_,
        tenant=tenant,
        name=f"name of {id_}",
        scopes=("directory:read",),
        key_hash=f"hash of {id_}",
        created_by="clara",
        created_at=at(made),
    )


class ApiKeyStoreContract:
    """Needs a fixture `api_keys` with an empty store."""

    async def test_keys_are_listed_newest_first(self, api_keys: ApiKeyStore) -> None:
        for key in (api_key("old"), api_key("new", made=60), api_key("theirs", "other")):
            await api_keys.add(key)
        assert [key.id for key in await api_keys.of("acme")] == ["new", "old"]
        assert [key.name for key in await api_keys.of("other")] == ["name of theirs"]
        assert await api_keys.of("nobody") == []

    async def test_removed_key_stays_inactive(self, api_keys: ApiKeyStore) -> None:
        await api_keys.add(api_key("crm"))
        assert await api_keys.remove("other", "crm", at(60)) is None
        removed = await api_keys.remove("acme", "crm", at(60))
        assert removed == api_key("crm").model_copy(update={"active": False, "version": 2})
        assert await api_keys.remove("acme", "crm", at(60)) is None
        assert await api_keys.of("acme") == []
        (document,) = await api_keys.read_all()
        assert (document["active"], document["version"]) == (False, 2)
        assert document["removed_at"] == at(60)
        await api_keys.add(api_key("pbx"))
        assert await api_keys.count("acme") == (1, 2)
        assert await api_keys.count("other") == (0, 0)

    async def test_latest_use_stays(self, api_keys: ApiKeyStore) -> None:
        await api_keys.add(api_key("crm"))
        await api_keys.note_used("acme", "crm", at(120))
        await api_keys.note_used("acme", "crm", at(60))
        await api_keys.note_used("other", "crm", at(180))
        (key,) = await api_keys.of("acme")
        assert key.used_at == at(120)
