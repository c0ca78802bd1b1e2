"""The behaviour of a UserStore and a SessionStore, tested on MongoDB and in memory alike."""

from typing import Any

import pytest

from softphone_common.contracts.entities import Preferences
from softphone_common.stores.revoked_tokens import Revocation, RevocationReader
from softphone_notifier.accounts.session_store import LoginSession, RetiredSecret, SessionStore
from softphone_notifier.accounts.users import (
    Account,
    LoginTakenError,
    SubjectTakenError,
    UserStore,
)
from support.observations import at


async def add(users: UserStore, login: str, tenant: str = "acme", **fields: Any) -> Account:
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

    async def test_a_new_password_has_a_version_of_its_own(self, users: UserStore) -> None:
        anna = await add(users, "anna")
        renamed = await users.edit("acme", anna.id, {"name": "Anna"})
        changed = await users.edit("acme", anna.id, {"password_hash": "another"})
        await users.invite("acme", anna.id, "a link", at(60))
        accepted = await users.accept("a link", at(0), "a third")
        later = [user and user.password_version for user in (anna, renamed, changed, accepted)]
        assert later == [0, 0, 1, 2]
        assert all("password_version" not in document for document in await users.read_all())

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

    async def test_an_edit_may_require_a_password_hash(self, users: UserStore) -> None:
        anna = await add(users, "anna")
        change = {"password_hash": "new"}
        assert await users.edit("acme", anna.id, change, "another hash") is None
        assert await users.edit("acme", anna.id, change, "hash of anna") is not None
        assert await users.edit("acme", anna.id, change, "hash of anna") is None

    async def test_reading_all_shows_no_password_hash(self, users: UserStore) -> None:
        anna = await add(users, "anna")
        await users.invite("acme", anna.id, "hash of a link", at(60))
        (document,) = list(await users.read_all())
        assert (document["_id"], document["tenant"]) == (anna.id, "acme")
        assert not any("hash" in str(part) for item in document.items() for part in item)

    async def test_a_user_without_a_password_has_none(self, users: UserStore) -> None:
        anna = await users.add({"tenant": "acme", "login": "anna"}, None)
        assert not anna.password_set
        credentials = await users.credentials("acme", "anna")
        assert credentials is not None
        assert credentials.password_hash is None
        changed = await users.edit("acme", anna.id, {"password_hash": "new"})
        assert changed is not None
        assert changed.password_set

    async def test_an_invitation_is_accepted_once(self, users: UserStore) -> None:
        anna, bert = await add(users, "anna"), await add(users, "bert")
        assert await users.invite("acme", anna.id, "hash", at(60))
        assert not await users.invite("other", anna.id, "foreign", at(60))
        assert await users.invited("foreign", at(0)) is None
        invited = await users.invited("hash", at(59))
        assert invited is not None
        assert (invited.id, invited.version, invited.invited_until) == (anna.id, 1, at(60))
        assert await users.accept("hash", at(60), "new") is None, "it has expired"
        accepted = await users.accept("hash", at(59), "new")
        assert accepted is not None
        assert (accepted.id, accepted.version, accepted.invited_until) == (anna.id, 2, None)
        assert await users.accept("hash", at(59), "another") is None
        hashes = [await users.credentials("acme", user.login) for user in (anna, bert)]
        assert [each and each.password_hash for each in hashes] == ["new", "hash of bert"]

    @pytest.mark.parametrize(
        "change", [{"locked": True}, {"password_hash": "new"}, {"active": False}]
    )
    async def test_an_invitation_ends_with_a_change(
        self, users: UserStore, change: dict[str, Any]
    ) -> None:
        anna = await add(users, "anna")
        await users.invite("acme", anna.id, "first", at(60))
        await users.invite("acme", anna.id, "second", at(60))
        assert await users.invited("first", at(0)) is None
        await users.edit("acme", anna.id, {"name": "Anna"})
        assert await users.invited("second", at(0)) is not None
        await users.edit("acme", anna.id, change)
        assert await users.invited("second", at(0)) is None
        assert await users.accept("second", at(0), "mine") is None

    async def test_preferences_change_one_by_one(self, users: UserStore) -> None:
        anna = await add(users, "anna")
        assert anna.preferences == Preferences()
        assert await users.prefer("other", anna.id, {"theme": "dark"}) is None
        await users.prefer("acme", anna.id, {"theme": "dark", "pop_on": "hand"})
        changed = await users.prefer("acme", anna.id, {"sound": True, "pop_on": None})
        assert changed is not None
        assert changed.preferences == Preferences(theme="dark", sound=True)
        assert changed.version == 1
        assert await users.get("acme", anna.id) == changed
        (document,) = list(await users.read_all())
        assert "preferences" not in document

    async def test_a_subject_is_of_one_user(self, users: UserStore) -> None:
        anna, bert = await add(users, "anna"), await add(users, "bert")
        assert await users.with_subject("issuer 17") is None
        assert await users.link("acme", anna.id, "issuer 17")
        assert await users.link("acme", anna.id, "issuer 17"), "again"
        found = await users.with_subject("issuer 17")
        assert found is not None
        assert (found.id, found.version, found.subject) == (anna.id, 1, "issuer 17")
        with pytest.raises(SubjectTakenError):
            await users.link("acme", bert.id, "issuer 17")
        with pytest.raises(LoginTakenError):
            await users.add({"tenant": "other", "login": "carl"}, None, "issuer 17")
        assert not await users.link("other", anna.id, "issuer 18")
        assert await users.link("acme", anna.id, None)
        assert await users.link("acme", bert.id, None)
        assert await users.with_subject("issuer 17") is None
        carl = await users.add({"tenant": "other", "login": "carl"}, None, "issuer 17")
        assert carl.subject == "issuer 17"
        assert "subject" not in {key for document in await users.read_all() for key in document}

    async def test_a_removed_user_keeps_the_subject_until_it_is_linked(
        self, users: UserStore
    ) -> None:
        anna = await users.add({"tenant": "acme", "login": "anna"}, None, "issuer 17")
        await users.edit("acme", anna.id, {"active": False})
        found = await users.with_subject("issuer 17")
        assert found is not None
        assert (found.id, found.active) == (anna.id, False)
        with pytest.raises(LoginTakenError):
            await users.add({"tenant": "acme", "login": "anna"}, None, "issuer 17")
        assert not await users.link("acme", anna.id, "issuer 18")
        bert = await add(users, "bert")
        assert await users.link("acme", bert.id, "issuer 17")
        assert (await users.with_subject("issuer 17")) == await users.get("acme", bert.id)

    async def test_of_two_relinks_one_gets_the_user(self, users: UserStore) -> None:
        anna, bert = await add(users, "anna"), await add(users, "bert")
        await users.link("acme", anna.id, "email anna")
        await users.link("acme", bert.id, "issuer 18")
        with pytest.raises(SubjectTakenError):
            await users.relink("email anna", "issuer 18")
        relinked = await users.relink("email anna", "issuer 17")
        assert relinked is not None
        assert (relinked.id, relinked.subject, relinked.version) == (anna.id, "issuer 17", 1)
        assert await users.relink("email anna", "issuer 19") is None
        await users.link("acme", bert.id, "email bert")
        await users.edit("acme", bert.id, {"active": False})
        assert await users.relink("email bert", "issuer 18") is None

    async def test_user_was_seen_at_the_latest_time(self, users: UserStore) -> None:
        anna = await add(users, "anna")
        assert anna.seen_at is None
        for seconds in (60, 0):
            await users.note_seen(anna.id, at(seconds))
        await users.note_seen("nobody", at(0))
        (seen,) = await users.of("acme")
        assert (seen.seen_at, seen.version) == (at(60), 1)
        (document,) = list(await users.read_all())
        assert "seen_at" not in document

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
        assert await users.has_had_operator()

    async def test_an_id_is_taken_once_and_for_ever(self, users: UserStore) -> None:
        assert not await users.has_had_operator()
        fields = {"id": "first", "tenant": "acme", "login": "root", "role": "operator"}
        assert (await users.add(fields, "hash")).id == "first"
        await users.edit("acme", "first", {"active": False})
        with pytest.raises(LoginTakenError):
            await users.add({**fields, "login": "other"}, "hash")


def session(id_: str, user: str = "anna", **fields: Any) -> LoginSession:
    """A session that began at the second 0 and lasts an hour."""
    begun = {"created_at": at(0), "used_at": at(0), "expires_at": at(3600)}
    return LoginSession(id=id_, tenant="acme", user=user, secret="hash", **{**begun, **fields})


class SessionStoreContract:
    """Needs the fixtures `sessions` with an empty store and `revocations` with its reader."""

    async def test_a_session_is_found_by_its_id(self, sessions: SessionStore) -> None:
        retired = RetiredSecret(secret="old", salt="salt", retired_at=at(0))
        one = session("one", network="192.0.2.0/24", browser="Firefox", retired=(retired,))
        other = session("other", "bert")
        for each in (one, other):
            await sessions.add(each)
        assert await sessions.get("one", at(1)) == one
        assert await sessions.get("other", at(1)) == other
        assert await sessions.get("guessed", at(1)) is None

    async def test_a_session_expires(self, sessions: SessionStore) -> None:
        await sessions.add(session("one"))
        assert await sessions.get("one", at(3599)) is not None
        assert await sessions.get("one", at(3600)) is None
        assert len(await sessions.of("anna", at(3599))) == 1
        assert await sessions.of("anna", at(3600)) == []

    async def test_the_session_used_last_is_listed_first(self, sessions: SessionStore) -> None:
        await sessions.add(session("never", used_at=None))
        for place, id_ in enumerate(("oldest", "older", "newest")):
            await sessions.add(session(id_, used_at=at(place)))
        await sessions.add(session("of bert", "bert"))
        listed = [each.id for each in await sessions.of("anna", at(9))]
        assert listed == ["newest", "older", "oldest", "never"]

    async def test_an_ended_session_opens_nothing(self, sessions: SessionStore) -> None:
        for id_ in ("one", "two", "three"):
            await sessions.add(session(id_))
        await sessions.end(["one", "two", "unknown"])
        await sessions.end([])
        assert [await sessions.get(id_, at(1)) for id_ in ("one", "two")] == [None, None]
        assert await sessions.get("three", at(1)) is not None

    async def test_of_two_changes_at_once_one_counts(self, sessions: SessionStore) -> None:
        await sessions.add(session("one"))
        changes = {"secret": "next", "used_at": at(5), "retired": []}
        assert await sessions.change("one", "hash", changes)
        assert not await sessions.change("one", "hash", {**changes, "secret": "another"})
        assert not await sessions.change("unknown", "hash", changes)
        changed = await sessions.get("one", at(9))
        assert changed == session("one", used_at=at(5)).model_copy(update={"secret": "next"})

    async def test_a_session_without_a_secret_gets_one(self, sessions: SessionStore) -> None:
        await sessions.add(session("one").model_copy(update={"secret": None}))
        assert not await sessions.change("one", "hash", {"secret": "next"})
        assert await sessions.change("one", None, {"secret": "next"})
        assert not await sessions.change("one", None, {"secret": "another"})

    async def test_revocations_keep_the_newest_version(
        self, sessions: SessionStore, revocations: RevocationReader
    ) -> None:
        later = at(3600).replace(year=2999)  # MongoDB removes what has expired
        await sessions.revoke([Revocation(id="one"), Revocation(id="anna", version=3)], later)
        await sessions.revoke([Revocation(id="anna", version=2)], later)
        await sessions.revoke([Revocation(id="two")], later.replace(year=3000))
        stored = [(d["_id"], d["version"]) for d in await revocations.read_all()]
        assert sorted(stored) == [("anna", 3), ("one", 0), ("two", 0)]
        assert stored[-1][0] == "two"
