"""Builds the notifier service from its settings."""

from softphone_common.access.access import Access
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.http.auth import TokenIssuer, Tokens
from softphone_common.process.clock import Clock, utc_now
from softphone_common.process.ed25519 import decode_private_key, decode_public_keys
from softphone_common.runtime.registry import ServiceDefinition
from softphone_common.runtime.service import Readings, Resource, Service
from softphone_common.stores.mongo import Mongo
from softphone_common.stores.rate_limit import RateLimiter
from softphone_common.stores.redis import Redis
from softphone_common.stores.tenants import MongoTenantReader
from softphone_common.stores.token_buckets import RedisTokenBuckets
from softphone_common.stores.users import UserCache
from softphone_notifier.accounts import session_store, users
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.accounts.seats import Seats
from softphone_notifier.accounts.session_routes import SessionAnswers, SessionApi
from softphone_notifier.accounts.session_store import MongoSessionStore
from softphone_notifier.accounts.user_publisher import UserPublisher
from softphone_notifier.accounts.user_routes import UserApi
from softphone_notifier.accounts.users import MongoUserStore
from softphone_notifier.api_keys import store as api_key_store
from softphone_notifier.api_keys.routes import ApiKeyApi
from softphone_notifier.api_keys.store import MongoApiKeyStore
from softphone_notifier.api_keys.use_log import UseLog
from softphone_notifier.first_start.first_operator import FirstOperator
from softphone_notifier.first_start.setup_routes import SetupApi
from softphone_notifier.live.handshake_limit import HandshakeLimit
from softphone_notifier.live.hit_subscriptions import HitSubscriptions
from softphone_notifier.live.hub import Hub
from softphone_notifier.live.websocket_route import WebsocketRoute
from softphone_notifier.metrics import SOCKETS
from softphone_notifier.openid.authorization_request import AuthorizationCookie
from softphone_notifier.openid.link_routes import OpenIdLinkApi
from softphone_notifier.openid.linked_users import LinkedUsers
from softphone_notifier.openid.provider import Provider
from softphone_notifier.openid.sign_in_routes import OpenIdApi
from softphone_notifier.origins import Origins
from softphone_notifier.own_account.account_routes import AccountApi
from softphone_notifier.own_account.invitation_routes import InvitationApi
from softphone_notifier.own_account.own_password import OwnPassword
from softphone_notifier.own_account.profile_routes import ProfileApi
from softphone_notifier.own_account.second_factor_routes import SecondFactorApi
from softphone_notifier.page import Page
from softphone_notifier.second_factor import store as factor_store
from softphone_notifier.second_factor.second_factors import SecondFactors
from softphone_notifier.second_factor.store import MongoSecondFactorStore
from softphone_notifier.settings import NotifierSettings
from softphone_notifier.sign_in_log import SignInLog

_INDEXES = api_key_store.INDEXES | users.INDEXES | session_store.INDEXES | factor_store.INDEXES


async def build(settings: NotifierSettings, clock: Clock = utc_now) -> Service:
    """The service, not started yet."""
    bus = Bus(settings, "notifier")
    mongo = Mongo(settings, _INDEXES, essential=False)
    redis, origins = Redis(settings, essential=False), Origins(settings.origins)
    security = SecurityLog(bus, clock, settings)
    throttle = LoginThrottle(RateLimiter(RedisTokenBuckets(redis), clock, settings), settings)
    issuer = TokenIssuer(decode_private_key(settings.token_signing_key.get_secret_value()), clock)
    user_store = MongoUserStore(mongo.database)
    user_cache = UserCache(user_store, bus, settings.mirror_seconds)
    access = Access(mongo.database, bus, clock, settings)
    tenants, revoked = access.tenants, access.revoked
    rules = access.rules(user_cache.token_refusal)
    tokens = Tokens(decode_public_keys(settings.token_public_keys), clock, rules.refusals)
    tenant_store, key_store = MongoTenantReader(mongo.database), MongoApiKeyStore(mongo.database)
    sessions = LoginSessions(MongoSessionStore(mongo.database), revoked, bus, clock, settings)
    seats, publisher = Seats(user_store, tenant_store), UserPublisher(user_cache, sessions, bus)
    factors = SecondFactors(MongoSecondFactorStore(mongo.database), clock, settings)
    answers = SessionAnswers(issuer, tenants, settings)
    sign_ins = SignInLog(security, user_cache, clock)
    password = OwnPassword(user_store, throttle, sign_ins)
    linked = LinkedUsers(user_store, tenant_store, seats, publisher, security, settings)
    hub, page = Hub(bus, user_cache, tokens.refusal, clock, settings), Page()
    apis = [
        page.router,
        SessionApi(
            user_store, tenant_store, sessions, factors, throttle, sign_ins, origins, answers, clock
        ).router,
        AccountApi(
            user_store, publisher, sessions, password, sign_ins, origins, answers, settings
        ).router,
        ProfileApi(user_store, tenants, publisher, sign_ins).router,
        SecondFactorApi(factors, password, throttle, sign_ins).router,
        InvitationApi(user_store, publisher, throttle, security, clock, settings).router,
        _openid(linked, sessions, answers, throttle, sign_ins, origins, clock, settings).router,
        OpenIdLinkApi(user_store, security, settings).router,
        UserApi(user_store, seats, publisher, sessions, factors, security, settings).router,
        ApiKeyApi(key_store, access.api_keys, bus, security, clock, settings).router,
        SetupApi(
            user_store, publisher, sessions, answers, throttle, security, origins, settings
        ).router,
        _live(bus, hub, tokens, origins, security, clock, settings).router,
    ]
    operator = FirstOperator(user_store, settings.operator_password, security)
    uses = UseLog(key_store, bus)
    caches: list[Resource] = [user_cache, *access.caches, operator, uses]
    resources: list[Resource] = [mongo, redis, *caches, bus, security, publisher, hub]
    readings, counts = _readings(hub), bus.queue_lengths
    return Service("notifier", apis, resources, rules, security, counts, readings, page.unknown)


def _readings(hub: Hub) -> Readings:
    return Readings({"sockets": hub.count_sockets}, {SOCKETS: hub.count_sockets})


def _live(
    bus: Bus,
    hub: Hub,
    tokens: Tokens,
    origins: Origins,
    security: SecurityLog,
    clock: Clock,
    settings: NotifierSettings,
) -> WebsocketRoute:
    lobby, hits = HandshakeLimit(settings), HitSubscriptions(bus, security)
    return WebsocketRoute(origins, lobby, hub, hits, tokens, clock, settings)


def _openid(
    linked: LinkedUsers,
    sessions: LoginSessions,
    answers: SessionAnswers,
    throttle: LoginThrottle,
    sign_ins: SignInLog,
    origins: Origins,
    clock: Clock,
    settings: NotifierSettings,
) -> OpenIdApi:
    """The sign-in at the provider; without an issuer in the settings there is none."""
    provider = Provider(settings, clock) if settings.openid_issuer else None
    pending = AuthorizationCookie(settings.token_signing_key, clock)
    return OpenIdApi(
        provider, linked, pending, sessions, answers, throttle, sign_ins, origins, settings
    )


SERVICE = ServiceDefinition("notifier", NotifierSettings, build)
