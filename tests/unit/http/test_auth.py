"""A token is believed for what it was issued for, and for nothing else."""

import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Role, Tenant, User
from softphone_common.contracts.events import SessionsEnded, UserChanged
from softphone_common.http.auth import TOKEN_SECONDS_MAX, Caller, TokenIssuer, Tokens
from softphone_common.http.problem import ProblemError
from softphone_common.process.ed25519 import PrivateKey
from softphone_common.stores.revoked_tokens import RevokedTokens
from softphone_common.stores.tenants import Tenants
from softphone_common.stores.users import UserCache
from softphone_testing.memory.accounts import MemorySessionStore, MemoryUserStore
from support.bus.buses import bus_settings, memory_bus
from support.observations import at

DIGESTS = {"HS256": "sha256", "HS512": "sha512", "none": "sha256"}
KEY, NEW_KEY = PrivateKey.generate(), PrivateKey.generate()
ANNA = User(
    id="anna",
    tenant="acme",
    login="anna",
    role="admin",
    extensions=("21",),
    teams=("Sales", "Support"),
    version=2,
)
HOUR = timedelta(hours=1)


ISSUER = TokenIssuer(KEY, lambda: at(0))


def at_moment(seconds: float = 0, **more: Any) -> Tokens:
    """The tokens of an installation whose clock shows this second."""
    return Tokens([KEY.public_key()], lambda: at(seconds), **more)


def issued(lifetime: timedelta = HOUR, seconds: float = 0, key: PrivateKey = KEY) -> str:
    """A token of Anna that was issued in this second."""
    return TokenIssuer(key, lambda: at(seconds)).issue(ANNA, lifetime)[0]


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a token of Anna; a change to None leaves a claim out."""
    issued_claims = jwt.decode(issued(), options={"verify_signature": False})
    return {name: value for name, value in (issued_claims | changes).items() if value is not None}


def signed(claims: dict[str, Any], key: PrivateKey = KEY) -> str:
    """A token with these claims."""
    return jwt.encode(claims, key, "EdDSA")


def revocations(most: int = 10) -> RevokedTokens:
    """The revocations of a service that has read an empty store."""
    bus, settings = memory_bus(MemoryBroker()), bus_settings("amqp://memory", outdated_max=most)
    revoked = RevokedTokens(MemorySessionStore(), bus, settings)
    revoked.loaded = True
    return revoked


def code_of(token: str, tokens: Tokens | None = None) -> str:
    """The code with which a token is refused."""
    with pytest.raises(ProblemError) as refusal:
        (tokens or at_moment()).check(token)
    assert refusal.value.status == 401
    return refusal.value.code


def test_issued_token_names_its_user() -> None:
    token, expires_at = TokenIssuer(KEY, lambda: at(0)).issue(ANNA, HOUR)
    caller = at_moment(3599).check(token)
    assert (caller.user, caller.tenant, caller.role, caller.version) == ("anna", "acme", "admin", 2)
    assert (caller.extensions, caller.expires_at) == (("21",), expires_at)
    assert caller.teams == ("Sales", "Support")


def test_token_of_an_earlier_release_is_of_no_team() -> None:
    assert at_moment().check(signed(claims(teams=None))).teams == ()


def test_token_of_another_key_is_refused() -> None:
    assert code_of(signed(claims(), PrivateKey.generate())) == "token-invalid"
    assert at_moment().check(signed(claims())).user == "anna"


def public_pem() -> bytes:
    return KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("algorithm", ["HS256", "HS512", "none"])
def test_token_of_another_algorithm_is_refused(algorithm: str) -> None:
    """Also if everybody's public key is the secret of a symmetric algorithm."""
    encoded = [
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (json.dumps({"alg": algorithm}).encode(), json.dumps(claims()).encode())
    ]
    for secret in (KEY.public_key().public_bytes_raw(), public_pem()):
        mac = hmac.digest(secret, ".".join(encoded).encode(), DIGESTS[algorithm])
        for signature in (mac, b""):
            last = base64.urlsafe_b64encode(signature).decode().rstrip("=")
            assert code_of(".".join([*encoded, last])) == "token-invalid"


def test_rotation_of_the_key_signs_nobody_out() -> None:
    old, new = KEY.public_key(), NEW_KEY.public_key()
    before, after = issued(), issued(key=NEW_KEY)
    both = Tokens([new, old], lambda: at(0))
    assert both.check(before).user == both.check(after).user == "anna"
    afterwards = Tokens([new], lambda: at(0))
    assert afterwards.check(after).user == "anna"
    assert code_of(before, afterwards) == "token-invalid"


def test_token_past_its_time_is_refused() -> None:
    assert code_of(issued(), at_moment(3600)) == "token-expired"


def test_token_that_outlives_revocations_is_refused() -> None:
    longest = timedelta(seconds=TOKEN_SECONDS_MAX)
    assert at_moment().check(issued(longest)).user == "anna"
    assert code_of(issued(longest + timedelta(seconds=1))) == "token-invalid"


def test_token_of_another_issuer_is_refused() -> None:
    assert code_of(signed(claims(iss="another"))) == "token-invalid"


@pytest.mark.parametrize("claim", ["iss", "iat", "exp", "sub", "tenant", "role", "extensions"])
def test_token_without_a_claim_is_refused(claim: str) -> None:
    assert code_of(signed(claims(**{claim: None}))) == "token-invalid"


@pytest.mark.parametrize("change", [{"role": "root"}, {"tenant": "No Tenant"}, {"exp": "never"}])
def test_token_with_a_strange_claim_is_refused(change: dict[str, str]) -> None:
    assert code_of(signed(claims(**change))) == "token-invalid"


def test_token_of_the_future_is_refused() -> None:
    assert code_of(issued(seconds=61)) == "token-invalid"
    assert at_moment().check(issued(seconds=59)).user == "anna"


async def test_token_of_an_older_version_is_refused() -> None:
    revoked = revocations()
    tokens = at_moment(refusals=[revoked.refusal])
    token = issued()
    assert tokens.check(token).user == "anna"
    await revoked.on_user_changed(changed(version=3))
    assert code_of(token, tokens) == "token-outdated"


async def test_newest_version_of_a_user_counts() -> None:
    revoked = revocations()
    for version in (4, 3):
        await revoked.on_user_changed(changed(version=version))
    assert revoked.refusal(caller(version=3)) == "token-outdated"
    assert revoked.refusal(caller(version=4)) is None


async def test_token_of_an_ended_session_is_refused() -> None:
    revoked = revocations()
    tokens = at_moment(refusals=[revoked.refusal])
    here, there, nowhere = [ISSUER.issue(ANNA, HOUR, of)[0] for of in ("here", "there", "")]
    await revoked.on_sessions_ended(ended("here", "older"))
    assert code_of(here, tokens) == "session-ended"
    assert tokens.check(there).session == "there"
    assert tokens.check(nowhere).session == ""


async def test_sessions_that_ended_longest_ago_are_forgotten() -> None:
    revoked = revocations(2)
    await revoked.on_sessions_ended(ended("first"))
    await revoked.on_sessions_ended(ended("second", "third"))
    refusals = [revoked.refusal(caller(session=each)) for each in ("first", "second", "third")]
    assert refusals == [None, "session-ended", "session-ended"]


@pytest.mark.parametrize(
    ("cached", "code"),
    [
        ({}, None),
        ({"version": 3}, "token-outdated"),
        ({"version": 3, "active": False}, "login-revoked"),
        ({"version": 3, "locked": True}, "login-revoked"),
    ],
)
async def test_token_of_a_cached_user_is_refused(cached: dict[str, Any], code: str | None) -> None:
    users = UserCache(MemoryUserStore(), memory_bus(MemoryBroker()), 60)
    assert users.token_refusal(caller()) is None
    users.apply(ANNA.model_copy(update=cached))
    assert users.token_refusal(caller()) == code


@pytest.mark.parametrize("role", ["user", "admin", "operator"])
async def test_token_of_a_switched_off_tenant_is_refused(role: Role) -> None:
    tenants = Tenants({"tenants": None}, memory_bus(MemoryBroker()), 60)  # type: ignore[arg-type]
    token, _ = ISSUER.issue(ANNA.model_copy(update={"role": role}), HOUR)
    tokens = at_moment(refusals=[tenants.token_refusal])
    assert tokens.check(token).role == role, "a tenant that is not cached refuses nobody"
    acme = Tenant(id="acme", name="Acme", active=False)
    tenants.apply(acme)
    if role == "operator":
        assert tokens.check(token).role == role
    else:
        with pytest.raises(ProblemError) as refusal:
            tokens.check(token)
        assert (refusal.value.status, refusal.value.code) == (403, "tenant-switched-off")
    tenants.apply(acme.model_copy(update={"active": True, "version": 2}))
    assert tokens.check(token).role == role


def caller(**fields: Any) -> Caller:
    """Anna, as a token of hers names her."""
    known = ANNA.model_dump(include={"tenant", "login", "role", "extensions", "version"})
    return Caller.model_validate({"user": ANNA.id, "expires_at": at(3600), **known, **fields})


def ended(*sessions: str) -> SessionsEnded:
    return SessionsEnded(tenant="acme", user="anna", sessions=sessions)


def changed(version: int) -> UserChanged:
    return UserChanged(tenant="acme", user=ANNA.model_copy(update={"version": version}))


@pytest.mark.parametrize(
    ("role", "may"),
    [("user", {"user"}), ("admin", {"user", "admin"}), ("operator", {"user", "admin", "operator"})],
)
def test_caller_has_no_higher_role(role: Role, may: set[Role]) -> None:
    roles: tuple[Role, ...] = ("user", "admin", "operator")
    assert {each for each in roles if caller(role=role).may(each)} == may
