"""Whose sockets the hub closes: of revoked users, ended sessions and switched-off tenants."""

from collections.abc import AsyncIterator

import pytest

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import SessionsEnded, TenantChanged, UserChanged
from softphone_notifier.live import hub
from softphone_testing.until import until
from support.stack.memory_hub import USERS, Live, live_hub


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    async with live_hub() as made:
        yield made


async def test_revoked_user_is_closed_and_others_stay(live: Live) -> None:
    anna, bela = await live.join("anna"), await live.join("bela")
    revoked = USERS[0].model_copy(update={"version": 2})
    await live.sender.publish(UserChanged(tenant="acme", user=revoked, revoked=True))
    await until(lambda: anna.closed, what="the close")
    assert not bela.session.is_closing


async def test_every_socket_of_a_revoked_user_closes(live: Live) -> None:
    first, second = await live.join("anna"), await live.join("anna")
    other = await live.join("bela")
    await live.hub.on_user_changed(UserChanged(tenant="acme", user=USERS[0], revoked=False))
    assert not first.session.is_closing
    await live.hub.on_user_changed(UserChanged(tenant="acme", user=USERS[0], revoked=True))
    assert first.session.is_closing
    assert second.session.is_closing
    assert not other.session.is_closing


async def test_sockets_of_an_ended_session_close(live: Live) -> None:
    here, there = [await live.join("anna", session=each) for each in ("here", "there")]
    bela = await live.join("bela")
    ended = SessionsEnded(tenant="acme", user="anna", sessions=("here", "old"))
    await live.hub.on_sessions_ended(ended)
    assert here.session.is_closing
    await until(lambda: here.closed, what="the close")
    assert [(close["code"], close["reason"]) for close in here.closed] == [(4005, "session-ended")]
    assert not there.session.is_closing
    assert not bela.session.is_closing


async def test_sockets_of_a_switched_off_tenant_close(live: Live) -> None:
    anna, otto = await live.join("anna"), await live.join("otto", "other")
    boss = await live.join("bela", role="operator")
    acme = Tenant(id="acme", name="Acme")
    await live.hub.on_tenant_changed(TenantChanged(tenant="acme", settings=acme))
    assert not anna.session.is_closing
    off = acme.model_copy(update={"active": False})
    await live.hub.on_tenant_changed(TenantChanged(tenant="acme", settings=off))
    assert anna.session.is_closing
    await until(lambda: anna.closed, what="the close")
    assert [(close["code"], close["reason"]) for close in anna.closed] == [
        (4005, "tenant-switched-off")
    ]
    assert not otto.session.is_closing
    assert not boss.session.is_closing


async def test_socket_whose_message_was_missed_closes(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anna signs out here and bela is removed while the broker is away; the hub gets no message."""
    here, there = [await live.join("anna", session=each) for each in ("here", "there")]
    bela, otto = await live.join("bela"), await live.join("otto", "other")
    ended = SessionsEnded(tenant="acme", user="anna", sessions=("here",))
    await live.revoked.on_sessions_ended(ended)
    live.users.apply(USERS[1].model_copy(update={"version": 2, "active": False}))
    monkeypatch.setattr(hub, "_PAUSE_SECONDS", 0.01)
    await live.hub.start()
    await until(lambda: here.closed and bela.closed, within=20, what="the closes")
    await live.hub.stop()
    assert [each.closed[0]["reason"] for each in (here, bela)] == ["session-ended", "login-revoked"]
    assert not there.session.is_closing
    assert not otto.session.is_closing


async def test_socket_that_renews_its_outdated_token_stays(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the browser in which a password was changed: the new token comes a moment later."""
    anna = await live.join("anna")
    looks: list[object] = []

    def refusal(caller: object) -> str | None:
        looks.append(caller)
        return "token-outdated" if len(looks) == 1 else None

    monkeypatch.setattr(hub, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(live.hub, "_refusal", refusal)
    await live.hub.start()
    await until(lambda: len(looks) > 3, what="a few looks")
    await live.hub.stop()
    assert not anna.session.is_closing
