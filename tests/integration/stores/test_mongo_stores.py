"""The stores on MongoDB keep the contracts of the stores."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from softphone_calllog import calls as call_store
from softphone_calllog import comments as comment_store
from softphone_calllog.audit import store as audit_store
from softphone_calllog.audit.store import MongoAuditStore
from softphone_calllog.calls import MongoCallStore
from softphone_calllog.comments import MongoCommentStore
from softphone_calllog.missed.store import COLLECTION as MISSED_MARKS
from softphone_calllog.missed.store import MongoMissedMarks
from softphone_calllog.sharings import COLLECTION as RECORD_SHARINGS
from softphone_calllog.sharings import MongoRecordSharings
from softphone_common.access.api_keys import COLLECTION as API_KEYS
from softphone_common.stores.mongo import Database, Mongo
from softphone_common.stores.revoked_tokens import COLLECTION as REVOCATIONS
from softphone_common.stores.revoked_tokens import MongoRevocationReader
from softphone_common.stores.tenants import COLLECTION as TENANTS
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
from softphone_matcher.directory import store as directory_store
from softphone_matcher.directory.store import MongoDirectory
from softphone_matcher.fetching import store as source_store
from softphone_matcher.fetching.fetches import MongoFetches
from softphone_matcher.fetching.store import MongoSources
from softphone_matcher.merging.store import MongoMerges
from softphone_matcher.picks import store as pick_store
from softphone_matcher.picks.store import MongoPickStore
from softphone_matcher.previews import mappings as mapping_store
from softphone_matcher.previews.mappings import MongoMappings
from softphone_matcher.runs import store as run_store
from softphone_matcher.runs.store import MongoRuns
from softphone_matcher.sharings import announcements as announcement_store
from softphone_matcher.sharings.announcements import MongoAnnouncements
from softphone_matcher.sources.card_store import MongoCards
from softphone_notifier.accounts import users
from softphone_notifier.accounts.session_store import COLLECTION as SESSIONS
from softphone_notifier.accounts.session_store import MongoSessionStore
from softphone_notifier.accounts.users import MongoUserStore
from softphone_notifier.api_keys.store import MongoApiKeyStore
from softphone_notifier.second_factor import store as factor_store
from softphone_notifier.second_factor.store import MongoSecondFactorStore
from softphone_testing.real_servers import RealServer
from support.stack.indexed import indexed
from support.store_contracts.accounts import SessionStoreContract, UserStoreContract
from support.store_contracts.announcements import AnnouncementsContract
from support.store_contracts.api_keys import ApiKeyStoreContract
from support.store_contracts.audit import KEEP, AuditStoreContract
from support.store_contracts.call_search import CallSearchContract
from support.store_contracts.calls import CallStoreContract
from support.store_contracts.cards import CardsContract
from support.store_contracts.comments import CommentStoreContract
from support.store_contracts.directory import MATCHES_MAX, DirectoryContract, sent
from support.store_contracts.hits import HitStoreContract
from support.store_contracts.ingest import (
    DeviceStoreContract,
    DialLinksContract,
    TenantStoreContract,
)
from support.store_contracts.janitor import DeadLetterStoreContract, SweepStoreContract
from support.store_contracts.mappings import MappingsContract
from support.store_contracts.merges import MergesContract
from support.store_contracts.missed import MissedMarksContract
from support.store_contracts.picks import PickStoreContract
from support.store_contracts.runs import RunsContract
from support.store_contracts.scheduled_sources import FetchesContract, ScheduledSourcesContract
from support.store_contracts.second_factors import SecondFactorStoreContract
from support.store_contracts.sharings import RecordSharingsContract
from support.store_contracts.sources import SourcesContract

# without those of sessions and sharings: times in tests are past, and TTL indexes would remove the
# documents
INDEXES = (
    call_store.INDEXES
    | hit_store.INDEXES
    | comment_store.INDEXES
    | audit_store.INDEXES
    | directory_store.INDEXES
    | pick_store.INDEXES
    | announcement_store.INDEXES
    | run_store.INDEXES
    | source_store.INDEXES
    | mapping_store.INDEXES
    | sweep_store.INDEXES
    | dead_letter_store.INDEXES
    | users.INDEXES
    | factor_store.INDEXES
    | device_store.INDEXES
)


@pytest.fixture(scope="module")
async def mongo(mongodb: RealServer) -> AsyncIterator[Mongo]:
    """A database with the indexes of all stores."""
    async with indexed(mongodb.url, INDEXES) as made:
        yield made


@pytest.fixture
async def database(mongo: Mongo) -> Database:
    """The database without a document; its indexes stay."""
    others = TENANTS, DIAL_LINKS, SESSIONS, REVOCATIONS, MISSED_MARKS, RECORD_SHARINGS, API_KEYS
    for name in (*INDEXES, *others):
        await mongo.database[name].delete_many({})
    return mongo.database


class TestCallsOnMongo(CallStoreContract, CallSearchContract):
    @pytest.fixture
    def calls(self, database: Database) -> MongoCallStore:
        return MongoCallStore(database)


class TestMissedMarksOnMongo(MissedMarksContract):
    @pytest.fixture
    def marks(self, database: Database) -> MongoMissedMarks:
        return MongoMissedMarks(database)


class TestRecordSharingsOnMongo(RecordSharingsContract):
    @pytest.fixture
    def sharings(self, database: Database) -> MongoRecordSharings:
        return MongoRecordSharings(database)


class TestAnnouncementsOnMongo(AnnouncementsContract):
    @pytest.fixture
    def announcements(self, database: Database) -> MongoAnnouncements:
        return MongoAnnouncements(database)


class TestMergesOnMongo(MergesContract):
    @pytest.fixture
    def directory(self, database: Database) -> MongoDirectory:
        return MongoDirectory(database, MATCHES_MAX)

    @pytest.fixture
    def merges(self, database: Database) -> MongoMerges:
        return MongoMerges(database)


class TestPicksOnMongo(PickStoreContract):
    @pytest.fixture
    def picks(self, database: Database) -> MongoPickStore:
        return MongoPickStore(database)


class TestCommentsOnMongo(CommentStoreContract):
    @pytest.fixture
    def comments(self, database: Database) -> MongoCommentStore:
        return MongoCommentStore(database)


class TestAuditOnMongo(AuditStoreContract):
    @pytest.fixture
    def entries(self, database: Database) -> MongoAuditStore:
        return MongoAuditStore(database, KEEP)


class TestDirectoryOnMongo(DirectoryContract, SourcesContract):
    @pytest.fixture
    def directory(self, database: Database) -> MongoDirectory:
        return MongoDirectory(database, MATCHES_MAX)

    async def test_two_first_writers_store_one_record(self, directory: MongoDirectory) -> None:
        records = [sent("Anna", str(number)) for number in range(50)]
        missed = await asyncio.gather(*(directory.put("acme", records) for _ in range(4)))
        assert sum(map(len, missed)) == 150
        ids = [record.id for record in records]
        stored = await directory.known("acme", ids)
        assert [stored[id_].version for id_ in ids] == [1] * 50

    async def test_record_without_version_is_replaced(
        self, directory: MongoDirectory, database: Database
    ) -> None:
        """Those of 0.1.0 have none."""
        record = sent("Anna", "1")
        await directory.put("acme", [record])
        await database[directory_store.COLLECTION].update_one(
            {"_id": record.id}, {"$unset": {"version": ""}}
        )
        (stored,) = (await directory.known("acme", [record.id])).values()
        later = sent("Änne", "1", version=stored.version)
        assert await directory.put("acme", [later]) == set()
        assert await directory.put("acme", [later]) == {record.id}


class TestMappingsOnMongo(MappingsContract):
    @pytest.fixture
    def mappings(self, database: Database) -> MongoMappings:
        return MongoMappings(database)


class TestRunsOnMongo(RunsContract):
    @pytest.fixture
    def runs(self, database: Database) -> MongoRuns:
        return MongoRuns(database)


class TestScheduledSourcesOnMongo(ScheduledSourcesContract):
    @pytest.fixture
    def sources(self, database: Database) -> MongoSources:
        return MongoSources(database)


class TestCardsOnMongo(CardsContract):
    @pytest.fixture
    def cards(self, database: Database) -> MongoCards:
        return MongoCards(database)


class TestFetchesOnMongo(FetchesContract):
    @pytest.fixture
    def all_runs(self, database: Database) -> MongoRuns:
        return MongoRuns(database)

    @pytest.fixture
    def fetches(self, database: Database, all_runs: MongoRuns) -> MongoFetches:
        return MongoFetches(database, all_runs)


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


class TestSessionsOnMongo(SessionStoreContract):
    @pytest.fixture
    def sessions(self, database: Database) -> MongoSessionStore:
        return MongoSessionStore(database)

    @pytest.fixture
    def revocations(self, database: Database) -> MongoRevocationReader:
        return MongoRevocationReader(database)


class TestApiKeysOnMongo(ApiKeyStoreContract):
    @pytest.fixture
    def api_keys(self, database: Database) -> MongoApiKeyStore:
        return MongoApiKeyStore(database)


class TestSecondFactorsOnMongo(SecondFactorStoreContract):
    @pytest.fixture
    def factors(self, database: Database) -> MongoSecondFactorStore:
        return MongoSecondFactorStore(database)


class TestTenantsOnMongo(TenantStoreContract):
    @pytest.fixture
    def tenants(self, database: Database) -> MongoTenantStore:
        return MongoTenantStore(database)


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
