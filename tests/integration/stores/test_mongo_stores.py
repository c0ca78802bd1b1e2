"""The stores on MongoDB keep the contracts of the stores."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from softphone_calllog import calls as call_store
from softphone_calllog import comments as comment_store
from softphone_calllog.calls import MongoCallStore
from softphone_calllog.comments import MongoCommentStore
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.mongo import Database, Mongo
from softphone_common.stores.tenants import COLLECTION as TENANTS
from softphone_common.stores.tenants import MongoTenantReader
from softphone_ingest.click_to_call.links import COLLECTION as DIAL_LINKS
from softphone_ingest.click_to_call.links import MongoDialLinks
from softphone_ingest.devices import store as device_store
from softphone_ingest.devices.store import MongoDeviceStore
from softphone_ingest.hit_log import store as hit_store
from softphone_ingest.hit_log.store import MongoHitStore
from softphone_ingest.tenants.store import MongoTenantStore
from softphone_janitor.clean_up import store as sweep_store
from softphone_janitor.clean_up.store import MongoSweepStore
from softphone_janitor.dead_letters import store as dead_letter_store
from softphone_janitor.dead_letters.store import MongoDeadLetterStore
from softphone_matcher import directory as directory_store
from softphone_matcher.directory import MongoDirectory
from softphone_notifier.accounts import users
from softphone_notifier.accounts.login_sessions import COLLECTION as SESSIONS
from softphone_notifier.accounts.login_sessions import MongoLoginSessions
from softphone_notifier.accounts.users import MongoUserStore
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.bus.buses import bus_settings
from support.stack.installation import database as database_url
from support.store_contracts.accounts import LIFETIME, LoginSessionsContract, UserStoreContract
from support.store_contracts.calls import CallStoreContract, CommentStoreContract
from support.store_contracts.directory import MATCHES_MAX, DirectoryContract
from support.store_contracts.hits import HitStoreContract
from support.store_contracts.ingest import (
    DeviceStoreContract,
    DialLinksContract,
    TenantStoreContract,
)
from support.store_contracts.janitor import DeadLetterStoreContract, SweepStoreContract

# without those of sessions: times in tests are past, and their TTL index would remove documents
INDEXES = (
    call_store.INDEXES
    | hit_store.INDEXES
    | comment_store.INDEXES
    | directory_store.INDEXES
    | sweep_store.INDEXES
    | dead_letter_store.INDEXES
    | users.INDEXES
    | device_store.INDEXES
)


@pytest.fixture(scope="module")
async def mongo(mongodb: RealServer) -> AsyncIterator[Mongo]:
    """A database with the indexes of all stores."""
    url = database_url(mongodb.url, f"test-{uuid4().hex[:12]}")
    settings = bus_settings("nowhere://", mongo_url=url)
    resource = Mongo(settings, INDEXES)
    await resource.start()

    async def is_ready() -> bool:
        try:
            await resource.ping()
        except UnavailableError:
            return False
        return True

    await until(is_ready, what="the indexes")
    yield resource
    await resource.database.client.drop_database(resource.database.name)
    await resource.stop()


@pytest.fixture
async def database(mongo: Mongo) -> Database:
    """The database without a document; its indexes stay."""
    for name in (*INDEXES, TENANTS, DIAL_LINKS, SESSIONS):
        await mongo.database[name].delete_many({})
    return mongo.database


class TestCallsOnMongo(CallStoreContract):
    @pytest.fixture
    def calls(self, database: Database) -> MongoCallStore:
        return MongoCallStore(database)


class TestCommentsOnMongo(CommentStoreContract):
    @pytest.fixture
    def comments(self, database: Database) -> MongoCommentStore:
        return MongoCommentStore(database)


class TestDirectoryOnMongo(DirectoryContract):
    @pytest.fixture
    def directory(self, database: Database) -> MongoDirectory:
        return MongoDirectory(database, MATCHES_MAX)


class TestSweepsOnMongo(SweepStoreContract):
    @pytest.fixture
    def sweeps(self, database: Database) -> MongoSweepStore:
        return MongoSweepStore(database)


class TestDeadLettersOnMongo(DeadLetterStoreContract):
    @pytest.fixture
    def letters(self, database: Database) -> MongoDeadLetterStore:
        # documents of the tests are years old, and the TTL index must not remove them
        return MongoDeadLetterStore(database, timedelta(days=36500))


class TestUsersOnMongo(UserStoreContract):
    @pytest.fixture
    def users(self, database: Database) -> MongoUserStore:
        return MongoUserStore(database)


class TestLoginSessionsOnMongo(LoginSessionsContract):
    @pytest.fixture
    def sessions(self, database: Database) -> MongoLoginSessions:
        return MongoLoginSessions(database, LIFETIME)


class WrittenTenants(MongoTenantStore, MongoTenantReader):
    """Ingest's store, read by the reader that the other services use."""

    def __init__(self, database: Database) -> None:
        MongoTenantStore.__init__(self, database)
        MongoTenantReader.__init__(self, database)


class TestTenantsOnMongo(TenantStoreContract):
    @pytest.fixture
    def tenants(self, database: Database) -> WrittenTenants:
        return WrittenTenants(database)


class TestDevicesOnMongo(DeviceStoreContract):
    @pytest.fixture
    def devices(self, database: Database) -> MongoDeviceStore:
        return MongoDeviceStore(database)


class TestDialLinksOnMongo(DialLinksContract):
    @pytest.fixture
    def links(self, database: Database) -> MongoDialLinks:
        return MongoDialLinks(database)


class TestHitsOnMongo(HitStoreContract):
    @pytest.fixture
    def hits(self, database: Database) -> MongoHitStore:
        return MongoHitStore(database)
