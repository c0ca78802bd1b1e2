"""The rotation of session cookies: simultaneous tabs, lost answers, copies in other hands."""

import asyncio
from typing import Any

import pytest

from softphone_common.bus.memory import MemoryBroker
from softphone_common.http.auth import TOKEN_SECONDS_MAX
from softphone_common.http.problem import ProblemError
from softphone_common.stores.revoked_tokens import RevokedTokens
from softphone_notifier.accounts.browsers import Browser
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.session_cookies import SessionCookie
from softphone_notifier.accounts.session_store import LoginSession
from softphone_notifier.accounts.users import Account
from softphone_testing.memory.accounts import MemorySessionStore
from support.bus.buses import memory_bus, running
from support.observations import at
from support.stack.memory_hub import notifier_settings

GRACE = 60
SETTINGS = notifier_settings(sessions_user_max=3, renewal_grace_seconds=GRACE)
ANNA = Account(id="anna", tenant="acme", login="anna")
HERE = Browser("192.0.2.17", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")


class SignIns:
    """The sessions over a store in memory, with a clock that shows `seconds`."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.store = MemorySessionStore()
        self.bus = memory_bus(MemoryBroker())
        self.revoked = RevokedTokens(self.store, self.bus, SETTINGS)
        self.sessions = LoginSessions(
            self.store, self.revoked, self.bus, lambda: at(self.seconds), SETTINGS
        )

    async def begin(self) -> SessionCookie:
        return await self.sessions.begin(ANNA, HERE)

    async def renew(self, cookie: SessionCookie) -> SessionCookie:
        return await self.sessions.renew(await self.sessions.find(cookie), cookie, HERE)

    async def code_of(self, cookie: SessionCookie) -> str:
        """The code with which the renewal of this cookie is refused."""
        with pytest.raises(ProblemError) as refusal:
            await self.renew(cookie)
        return refusal.value.code


@pytest.fixture
async def sign_ins() -> Any:
    made = SignIns()
    async with running(made.bus):
        yield made


async def test_renewal_replaces_the_cookie(sign_ins: SignIns) -> None:
    first = await sign_ins.begin()
    second = await sign_ins.renew(first)
    sign_ins.seconds = GRACE
    third = await sign_ins.renew(second)
    assert len({str(first), str(second), str(third)}) == 3
    assert first.session == second.session == third.session


async def test_reused_cookie_ends_the_session(sign_ins: SignIns) -> None:
    stolen = await sign_ins.begin()
    present = await sign_ins.renew(stolen)
    assert await sign_ins.renew(present) == present, "the browser confirms that it has the cookie"
    sign_ins.seconds = GRACE
    assert await sign_ins.code_of(stolen) == "session-reused"
    assert await sign_ins.code_of(present) == "login-session-missing"
    assert sign_ins.revoked.get(present.session)


async def test_cookie_from_long_ago_ends_the_session(sign_ins: SignIns) -> None:
    cookies = [await sign_ins.begin()]
    for turn in range(3):
        sign_ins.seconds = turn * GRACE
        cookies.append(await sign_ins.renew(cookies[-1]))
    assert await sign_ins.code_of(cookies[0]) == "session-reused"
    assert await sign_ins.code_of(cookies[-1]) == "login-session-missing"


async def test_invented_secret_ends_the_session(sign_ins: SignIns) -> None:
    present = await sign_ins.begin()
    assert await sign_ins.code_of(present.replacement()) == "session-reused"
    assert await sign_ins.code_of(present) == "login-session-missing"


async def test_lost_answer_is_repeated_within_the_grace(sign_ins: SignIns) -> None:
    first = await sign_ins.begin()
    lost = await sign_ins.renew(first)
    sign_ins.seconds = GRACE - 1
    assert await sign_ins.renew(first) == lost
    assert await sign_ins.renew(lost) == lost


async def test_answer_lost_before_a_sleep_ends_no_session(sign_ins: SignIns) -> None:
    first = await sign_ins.begin()
    lost = await sign_ins.renew(first)
    sign_ins.seconds = 100 * GRACE
    session = await sign_ins.sessions.find(first)  # both tabs of the computer wake at once
    renewals = [sign_ins.sessions.renew(session, first, HERE) for _ in range(2)]
    one, other = await asyncio.gather(*renewals)
    assert one == other
    assert one not in (first, lost)
    assert await sign_ins.renew(one) == one
    sign_ins.seconds += GRACE
    assert await sign_ins.renew(one) != one


async def test_copy_of_a_lost_answer_ends_the_session(sign_ins: SignIns) -> None:
    first = await sign_ins.begin()
    copy = await sign_ins.renew(first)
    sign_ins.seconds = 100 * GRACE
    woken = await sign_ins.renew(first)
    assert await sign_ins.code_of(copy) == "session-reused"
    assert await sign_ins.code_of(woken) == "login-session-missing"


async def test_thief_who_is_faster_than_the_browser_ends_the_session(sign_ins: SignIns) -> None:
    """The browser has not confirmed its cookie, so the one before still opens the session once."""
    stolen = await sign_ins.begin()
    present = await sign_ins.renew(stolen)
    sign_ins.seconds = 2 * GRACE
    thief = await sign_ins.renew(stolen)
    assert await sign_ins.code_of(present) == "session-reused"
    assert await sign_ins.code_of(thief) == "login-session-missing"


async def test_late_answer_brings_no_older_cookie(sign_ins: SignIns) -> None:
    first = await sign_ins.begin()
    late = await sign_ins.renew(first)
    for seconds in (1, GRACE - 1):  # other tabs, before the answer arrives
        sign_ins.seconds = seconds
        assert await sign_ins.renew(late) == late
    sign_ins.seconds = 100 * GRACE
    assert await sign_ins.renew(late) != late


async def test_tabs_that_renew_together_get_one_cookie(sign_ins: SignIns) -> None:
    first = await sign_ins.begin()
    session = await sign_ins.sessions.find(first)  # both tabs read it before either renews
    renewals = [sign_ins.sessions.renew(session, first, HERE) for _ in range(2)]
    one, other = await asyncio.gather(*renewals)
    assert one == other
    assert await sign_ins.sessions.find(one) is not None


async def test_next_cookie_needs_the_store_and_the_cookie(sign_ins: SignIns) -> None:
    first = await sign_ins.begin()
    second = await sign_ins.renew(first)
    session = await sign_ins.sessions.find(second)
    (retired,) = session.retired
    assert retired.salt is not None
    assert first.successor(retired.salt) == second
    assert SessionCookie(first.family, "").successor(retired.salt) != second
    stored = str(session.model_dump())
    for cookie in (first, second):
        assert cookie.secret not in stored
        assert cookie.family not in stored


async def test_replaced_cookie_leads_to_no_new_one(sign_ins: SignIns) -> None:
    stolen = await sign_ins.begin()
    own = await sign_ins.renew(stolen)
    fresh = await sign_ins.sessions.rotate(own, HERE, ANNA)
    assert await sign_ins.code_of(stolen) == "session-rotated"
    assert await sign_ins.code_of(own) == "session-rotated"
    later = await sign_ins.renew(fresh)
    sign_ins.seconds = GRACE
    assert await sign_ins.code_of(stolen) == "session-reused"
    assert await sign_ins.code_of(later) == "login-session-missing"


async def test_lost_answer_to_a_new_password_opens_nothing(sign_ins: SignIns) -> None:
    copied = await sign_ins.begin()
    await sign_ins.sessions.rotate(await sign_ins.renew(copied), HERE, ANNA)
    sign_ins.seconds = 100 * GRACE
    assert await sign_ins.code_of(copied) == "session-reused"


async def test_present_copy_is_useless_after_a_new_password(sign_ins: SignIns) -> None:
    copied = await sign_ins.renew(await sign_ins.begin())
    await sign_ins.sessions.rotate(copied, HERE, ANNA)
    sign_ins.seconds = 100 * GRACE
    assert await sign_ins.code_of(copied) == "session-reused"


async def test_cookie_of_an_earlier_release_is_renewed(sign_ins: SignIns) -> None:
    old = SessionCookie.parse("cookie-of-the-first-release")
    session = LoginSession(id=old.session, tenant="acme", user="anna", expires_at=at(3600))
    await sign_ins.store.add(session)
    renewed = await sign_ins.renew(old)
    assert renewed.secret
    assert await sign_ins.renew(old) == renewed
    assert await sign_ins.renew(renewed) == renewed
    sign_ins.seconds = GRACE
    assert await sign_ins.code_of(old) == "session-reused"


async def test_session_over_the_limit_ends_the_oldest(sign_ins: SignIns) -> None:
    cookies = []
    for turn in range(4):
        sign_ins.seconds = turn
        cookies.append(await sign_ins.begin())
    assert await sign_ins.code_of(cookies[0]) == "login-session-missing"
    listed = [session.id for session in await sign_ins.sessions.of("anna")]
    assert listed == [cookie.session for cookie in reversed(cookies[1:])]


async def test_end_of_the_others_spares_the_own_session(sign_ins: SignIns) -> None:
    own, other = await sign_ins.begin(), await sign_ins.begin()
    await sign_ins.sessions.end_others("acme", "anna", own.session)
    assert [session.id for session in await sign_ins.sessions.of("anna")] == [own.session]
    assert sign_ins.revoked.get(other.session)
    assert sign_ins.revoked.get(own.session) is None


async def test_end_of_a_session_is_stored_for_the_life_of_tokens(sign_ins: SignIns) -> None:
    """The longest life that a token may have: the setting may have been higher before."""
    session = (await sign_ins.begin()).session
    sign_ins.seconds = 100
    await sign_ins.sessions.end("acme", "anna", session)
    (stored,) = await sign_ins.store.read_all()
    assert stored["_id"] == session
    assert SETTINGS.token_seconds < TOKEN_SECONDS_MAX
    assert stored["expires_at"] >= at(100 + TOKEN_SECONDS_MAX)


async def test_session_of_an_earlier_password_ends(sign_ins: SignIns) -> None:
    session = await sign_ins.sessions.find(cookie := await sign_ins.begin())
    await sign_ins.sessions.require_password_of(session, ANNA)
    changed = ANNA.model_copy(update={"password_version": 1})
    with pytest.raises(ProblemError) as refusal:
        await sign_ins.sessions.require_password_of(session, changed)
    assert refusal.value.code == "login-session-missing"
    assert await sign_ins.code_of(cookie) == "login-session-missing"
    assert sign_ins.revoked.get(session.id)


async def test_session_that_set_the_password_goes_on(sign_ins: SignIns) -> None:
    changed = ANNA.model_copy(update={"password_version": 1})
    cookie = await sign_ins.sessions.rotate(await sign_ins.begin(), HERE, changed)
    await sign_ins.sessions.require_password_of(await sign_ins.sessions.find(cookie), changed)


async def test_change_of_a_user_is_stored_for_services_that_start(sign_ins: SignIns) -> None:
    await sign_ins.sessions.outdate(ANNA.model_copy(update={"version": 4}))
    (stored,) = await sign_ins.store.read_all()
    assert (stored["_id"], stored["version"]) == ("anna", 4)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Firefox/140.0", "Firefox, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("curl/8.1.2", "curl"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
        ("x" * 1000, "x" * 40),
    ],
)
def test_browser_is_named_roughly(user_agent: str, name: str) -> None:
    assert Browser("", user_agent).name == name


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.17", "192.0.2.0/24"),
        ("::ffff:192.0.2.17", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("", ""),
        ("testclient", ""),
    ],
)
def test_address_is_shown_coarsely(address: str, network: str) -> None:
    assert Browser(address, "").network == network
