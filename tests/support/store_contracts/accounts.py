"""The behaviour of a UserStore and LoginSessions, tested on MongoDB and in memory alike."""

from datetime import timedelta
from typing import Any

import pytest

from softphone_common.contracts.entities import User
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.users import LoginTakenError, UserStore
from support.observations import at

LIFETIME = timedelta(hours=1)
"""The lifetime that the sessions of the fixture have to have."""


async def add(users: UserStore, login: str, tenant: str = "acme", **fields: Any) -> User:
    return await users.add({"tenant": tenant, "login": login, **fields}, f"hash of {login}")


class UserStoreContract:
    """Needs a fixture `users` with an empty store."""

    async def test_a_user_is_found_by_id_and_login(self, users: UserStore) -> None:
        anna = await add(users, "anna", name="Anna", role="admin", extensions=("21", "22"))
        assert (anna.login, anna.role, anna.extensions) == ("anna", "admin", ("21", "22"))
        assert (anna.active, anna.version) == (True, 1)
        assert await users.get("acme", anna.id) == anna
        credentials = await users.credentials("acme", "anna")
        assert credentials is not None
        assert (credentials.user, credentials.password_hash) == (anna, "hash of anna")
        assert await users.get("acme", "unknown") is None
        assert await users.credentials("acme", "Anna") is None

    async def test_users_belong_to_their_tenant(self, users: UserStore) -> None:
        anna = await add(users, "anna")
        assert await users.get("other", anna.id) is None
        assert await users.credentials("other", "anna") is None
        assert await users.of("other") == []
        assert await users.edit("other", anna.id, {"name": "x"}) is None
        assert await users.get("acme", anna.id) == anna

    async def test_a_login_is_taken_once_in_a_tenant(self, users: UserStore) -> None:
        anna = await add(users, "anna")
        bert = await add(users, "bert")
        await add(users, "anna", "other")
        with pytest.raises(LoginTakenError):
            await add(users, "anna")
        with pytest.raises(LoginTakenError):
            await users.edit("acme", bert.id, {"login": "anna"})
        assert [user.login for user in await users.of("acme")] == ["anna", "bert"]
        assert (await users.edit("acme", anna.id, {"login": "anna"})) is not None

    async def test_a_removed_user_frees_the_login(self, users: UserStore) -> None:
        anna = await add(users, "anna")
        removed = await users.edit("acme", anna.id, {"active": False})
        assert removed is not None
        assert (removed.active, removed.version) == (False, 2)
        assert await users.get("acme", anna.id) is None
        assert await users.credentials("acme", "anna") is None
        assert await users.edit("acme", anna.id, {"name": "x"}) is None
        assert await users.of("acme") == []
        again = await add(users, "anna")
        assert again.id != anna.id
        stored = [(d["_id"], d["active"], d["version"]) for d in await users.read_all()]
        assert sorted(stored) == sorted([(anna.id, False, 2), (again.id, True, 1)])

    async def test_an_edit_counts_the_version(self, users: UserStore) -> None:
        anna = await add(users, "anna", name="Anna")
        edited = await users.edit("acme", anna.id, {"extensions": ["31"]})
        assert edited == anna.model_copy(update={"extensions": ("31",), "version": 2})
        renewed = await users.edit("acme", anna.id, {"password_hash": "new"})
        assert renewed is not None
        assert renewed.version == 3
        credentials = await users.credentials("acme", "anna")
        assert credentials is not None
        assert credentials.password_hash == "new"

    async def test_reading_all_shows_no_password_hash(self, users: UserStore) -> None:
        anna = await add(users, "anna")
        (document,) = list(await users.read_all())
        assert (document["_id"], document["tenant"]) == (anna.id, "acme")
        assert not any("hash" in str(part) for item in document.items() for part in item)

    async def test_users_are_sorted_by_login(self, users: UserStore) -> None:
        for login in ("bert", "anna", "carl"):
            await add(users, login)
        assert [user.login for user in await users.of("acme")] == ["anna", "bert", "carl"]

    async def test_operators_and_removed_users_take_no_seat(self, users: UserStore) -> None:
        assert await users.seated("acme") == 0
        assert not await users.any_operator()
        operator = await add(users, "root", role="operator")
        for login, role in (("anna", "admin"), ("bert", "user"), ("carl", "user")):
            await add(users, login, role=role)
        await add(users, "anna", "other")
        carl = (await users.of("acme"))[2]
        await users.edit("acme", carl.id, {"active": False})
        assert await users.seated("acme") == 2
        assert await users.any_operator()
        await users.edit("acme", operator.id, {"active": False})
        assert not await users.any_operator()


class LoginSessionsContract:
    """Needs a fixture `sessions` with an empty store of sessions that last LIFETIME."""

    async def test_a_secret_opens_its_session(self, sessions: LoginSessions) -> None:
        one = await sessions.begin("acme", "anna", at(0))
        other = await sessions.begin("other", "bert", at(0))
        assert len({one, other}) == 2
        assert await sessions.owner(one, at(1)) == ("acme", "anna")
        assert await sessions.owner(other, at(1)) == ("other", "bert")
        assert await sessions.owner("guessed", at(1)) is None

    async def test_a_session_expires(self, sessions: LoginSessions) -> None:
        assert sessions.lifetime == LIFETIME
        secret = await sessions.begin("acme", "anna", at(0))
        end = at(0) + LIFETIME
        assert await sessions.owner(secret, end - timedelta(seconds=1)) is not None
        assert await sessions.owner(secret, end) is None

    async def test_an_ended_session_opens_nothing(self, sessions: LoginSessions) -> None:
        one, other = [await sessions.begin("acme", "anna", at(0)) for _ in range(2)]
        await sessions.end(one)
        await sessions.end(one)
        assert await sessions.owner(one, at(1)) is None
        assert await sessions.owner(other, at(1)) is not None

    async def test_all_sessions_of_a_user_end(self, sessions: LoginSessions) -> None:
        anna = [await sessions.begin("acme", "anna", at(0)) for _ in range(2)]
        bert = await sessions.begin("acme", "bert", at(0))
        await sessions.end_all("anna")
        assert [await sessions.owner(secret, at(1)) for secret in anna] == [None, None]
        assert await sessions.owner(bert, at(1)) is not None
