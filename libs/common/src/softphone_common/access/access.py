"""The caches by which a service refuses tokens and accepts API keys."""

from softphone_common.access.api_keys import ApiKeyCache, MongoApiKeyReader
from softphone_common.bus.bus import Bus
from softphone_common.http.auth import AccessRules, TokenRefusal
from softphone_common.process.clock import Clock
from softphone_common.process.settings import Settings
from softphone_common.stores.mongo import Database
from softphone_common.stores.revoked_tokens import MongoRevocationReader, RevokedTokens
from softphone_common.stores.tenants import Tenants


class Access:
    """Caches the tenants, the ended sessions and the API keys, which other services write."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, settings: Settings) -> None:
        self.tenants = Tenants(database, bus, settings.mirror_seconds)
        self.revoked = RevokedTokens(MongoRevocationReader(database), bus, settings)
        self.api_keys = ApiKeyCache(
            MongoApiKeyReader(database), bus, clock, settings.mirror_seconds
        )

    @property
    def caches(self) -> tuple[Tenants, RevokedTokens, ApiKeyCache]:
        """The resources that a service starts and stops."""
        return self.tenants, self.revoked, self.api_keys

    def rules(self, *more: TokenRefusal) -> AccessRules:
        """The rules of a service, which may have more reasons to refuse a token."""
        refusals = (*more, self.revoked.refusal, self.tenants.token_refusal)
        return AccessRules(refusals, self.api_keys)
