"""The stores in memory keep the contracts of the stores."""

import pytest

from softphone_common.stores.token_buckets import LocalTokenBuckets
from softphone_testing.memory.accounts import (
    MemoryApiKeyStore,
    MemorySecondFactorStore,
    MemorySessionStore,
    MemoryUserStore,
)
from softphone_testing.memory.audit import MemoryAuditStore
from softphone_testing.memory.calls import (
    MemoryCallStore,
    MemoryCommentStore,
    MemoryMissedMarks,
    MemoryRecordSharings,
)
from softphone_testing.memory.click_to_call import MemoryDialLinks, MemoryIdempotencyKeys
from softphone_testing.memory.dead_letters import MemoryDeadLetterStore
from softphone_testing.memory.devices import MemoryDeviceStore
from softphone_testing.memory.directory import (
    MemoryAnnouncements,
    MemoryDirectory,
    MemoryMerges,
    MemoryPickStore,
)
from softphone_testing.memory.hits import MemoryHitStore
from softphone_testing.memory.imports.cards import MemoryCards
from softphone_testing.memory.imports.fetches import MemoryFetches
from softphone_testing.memory.imports.mappings import MemoryMappings
from softphone_testing.memory.imports.runs import MemoryRuns
from softphone_testing.memory.imports.sources import MemorySources
from softphone_testing.memory.sweeps import MemorySweepStore
from softphone_testing.memory.tenants import MemoryTenantStore
from support.store_contracts.accounts import SessionStoreContract, UserStoreContract
from support.store_contracts.announcements import AnnouncementsContract
from support.store_contracts.api_keys import ApiKeyStoreContract
from support.store_contracts.audit import AuditStoreContract
from support.store_contracts.call_search import CallSearchContract
from support.store_contracts.calls import CallStoreContract
from support.store_contracts.cards import CardsContract
from support.store_contracts.comments import CommentStoreContract
from support.store_contracts.directory import MATCHES_MAX, DirectoryContract
from support.store_contracts.hits import HitStoreContract
from support.store_contracts.ingest import (
    DeviceStoreContract,
    DialLinksContract,
    IdempotencyKeysContract,
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
from support.store_contracts.token_buckets import TokenBucketsContract


class TestCallsInMemory(CallStoreContract, CallSearchContract):
    @pytest.fixture
    def calls(self) -> MemoryCallStore:
        return MemoryCallStore()


class TestMissedMarksInMemory(MissedMarksContract):
    @pytest.fixture
    def marks(self) -> MemoryMissedMarks:
        return MemoryMissedMarks()


class TestRecordSharingsInMemory(RecordSharingsContract):
    @pytest.fixture
    def sharings(self) -> MemoryRecordSharings:
        return MemoryRecordSharings()


class TestAnnouncementsInMemory(AnnouncementsContract):
    @pytest.fixture
    def announcements(self) -> MemoryAnnouncements:
        return MemoryAnnouncements()


class TestPicksInMemory(PickStoreContract):
    @pytest.fixture
    def picks(self) -> MemoryPickStore:
        return MemoryPickStore()


class TestCommentsInMemory(CommentStoreContract):
    @pytest.fixture
    def comments(self) -> MemoryCommentStore:
        return MemoryCommentStore()


class TestAuditInMemory(AuditStoreContract):
    @pytest.fixture
    def entries(self) -> MemoryAuditStore:
        return MemoryAuditStore()


class TestDirectoryInMemory(DirectoryContract, SourcesContract):
    @pytest.fixture
    def directory(self) -> MemoryDirectory:
        return MemoryDirectory(MATCHES_MAX)


class TestMergesInMemory(MergesContract):
    @pytest.fixture
    def directory(self) -> MemoryDirectory:
        return MemoryDirectory(MATCHES_MAX)

    @pytest.fixture
    def merges(self, directory: MemoryDirectory) -> MemoryMerges:
        return MemoryMerges(directory)


class TestMappingsInMemory(MappingsContract):
    @pytest.fixture
    def mappings(self) -> MemoryMappings:
        return MemoryMappings()


class TestRunsInMemory(RunsContract):
    @pytest.fixture
    def runs(self) -> MemoryRuns:
        return MemoryRuns()


class TestScheduledSourcesInMemory(ScheduledSourcesContract):
    @pytest.fixture
    def sources(self) -> MemorySources:
        return MemorySources()


class TestCardsInMemory(CardsContract):
    @pytest.fixture
    def cards(self) -> MemoryCards:
        return MemoryCards()


class TestFetchesInMemory(FetchesContract):
    @pytest.fixture
    def all_runs(self) -> MemoryRuns:
        return MemoryRuns()

    @pytest.fixture
    def fetches(self, all_runs: MemoryRuns) -> MemoryFetches:
        return MemoryFetches(all_runs)


class TestSweepsInMemory(SweepStoreContract):
    @pytest.fixture
    def sweeps(self) -> MemorySweepStore:
        return MemorySweepStore()


class TestDeadLettersInMemory(DeadLetterStoreContract):
    @pytest.fixture
    def letters(self) -> MemoryDeadLetterStore:
        return MemoryDeadLetterStore()


class TestTokenBucketsInMemory(TokenBucketsContract):
    @pytest.fixture
    def buckets(self) -> LocalTokenBuckets:
        return LocalTokenBuckets(100)


class TestUsersInMemory(UserStoreContract):
    @pytest.fixture
    def users(self) -> MemoryUserStore:
        return MemoryUserStore()


class TestSessionsInMemory(SessionStoreContract):
    @pytest.fixture
    def sessions(self) -> MemorySessionStore:
        return MemorySessionStore()

    @pytest.fixture
    def revocations(self, sessions: MemorySessionStore) -> MemorySessionStore:
        return sessions


class TestApiKeysInMemory(ApiKeyStoreContract):
    @pytest.fixture
    def api_keys(self) -> MemoryApiKeyStore:
        return MemoryApiKeyStore()


class TestSecondFactorsInMemory(SecondFactorStoreContract):
    @pytest.fixture
    def factors(self) -> MemorySecondFactorStore:
        return MemorySecondFactorStore()


class TestTenantsInMemory(TenantStoreContract):
    @pytest.fixture
    def tenants(self) -> MemoryTenantStore:
        return MemoryTenantStore()


class TestDevicesInMemory(DeviceStoreContract):
    @pytest.fixture
    def devices(self) -> MemoryDeviceStore:
        return MemoryDeviceStore()


class TestDialLinksInMemory(DialLinksContract):
    @pytest.fixture
    def links(self) -> MemoryDialLinks:
        return MemoryDialLinks()


class TestIdempotencyKeysInMemory(IdempotencyKeysContract):
    @pytest.fixture
    def keys(self) -> MemoryIdempotencyKeys:
        return MemoryIdempotencyKeys()


class TestHitsInMemory(HitStoreContract):
    @pytest.fixture
    def hits(self) -> MemoryHitStore:
        return MemoryHitStore()
