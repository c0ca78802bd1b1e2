"""Sign-ins are recorded by the ids of users, and lock-outs once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import User
from softphone_common.http.problem import ProblemError
from softphone_common.process import metrics
from softphone_common.process.telemetry import tracing
from softphone_common.stores.users import UserCache
from softphone_notifier.sign_in_log import SignInLog
from softphone_testing.memory.accounts import MemoryUserStore
from support.bus.buses import memory_bus
from support.observations import at
from support.security_log import RecordedSecurityLog

ANNA = User(id="u1", tenant="acme", login="anna")


class Unlisted(UserCache):
    """A cache that counts how many users are looked at one by one."""

    listed = 0

    def __iter__(self) -> Iterator[User]:
        for user in super().__iter__():
            self.listed += 1
            yield user


class Site:
    def __init__(self) -> None:
        bus = memory_bus(MemoryBroker(), "notifier")
        self.now: datetime = at(0)
        self.security = RecordedSecurityLog(lambda: self.now, bus)
        self.users = Unlisted(MemoryUserStore(), bus, 60)
        self.users.apply(ANNA)
        self.log = SignInLog(self.security, self.users, lambda: self.now)

    def events(self) -> list[tuple[Any, ...]]:
        return [(e.event, e.tenant, e.target, e.outcome) for e in self.security.entries]


@pytest.fixture
def site() -> Site:
    return Site()


def test_failure_of_an_unknown_login_names_nobody(site: Site) -> None:
    site.log.failed(None)
    site.log.failed(ANNA)
    assert site.events() == [
        ("sign-in", "operator", "", "failure"),
        ("sign-in", "acme", "user/u1", "failure"),
    ]


def test_lock_out_is_recorded_once_in_five_minutes(site: Site) -> None:
    for _ in range(3):
        site.log.locked("acme", "anna")
    site.now += timedelta(minutes=5)
    site.log.locked("acme", "anna")
    assert site.events() == [("sign-in-locked", "acme", "user/u1", "refused")] * 2


def test_lock_outs_of_a_network_are_recorded_once(site: Site) -> None:
    """Whatever unknown logins a stranger tries."""
    with tracing(client="192.0.2.1"):
        for number in range(50):
            site.log.locked("acme", f"nobody-{number}")
    with tracing(client="192.0.2.2"):
        site.log.locked("none", "nobody")
    assert site.events() == [("sign-in-locked", "operator", "", "refused")] * 2


def test_remembered_lock_outs_are_limited(site: Site) -> None:
    for number in range(1200):
        with tracing(client=f"10.0.{number // 256}.{number % 256}"):
            site.log.locked("acme", "nobody")
    assert len(site.log._locked) == 1000


def test_refused_attempt_looks_at_no_other_user(site: Site) -> None:
    for number in range(100):
        site.users.apply(ANNA.model_copy(update={"id": f"other-{number}", "login": f"o{number}"}))
    site.log.locked("acme", "anna")
    assert site.events() == [("sign-in-locked", "acme", "user/u1", "refused")]
    assert site.users.listed == 0


def test_user_is_found_by_the_present_login_only(site: Site) -> None:
    site.users.apply(ANNA.model_copy(update={"login": "anne", "version": 2}))
    assert site.users.with_login("acme", "anna") is None
    bert = ANNA.model_copy(update={"id": "u2"})
    site.users.apply(bert)
    assert site.users.with_login("acme", "anna") == bert
    site.users.apply(ANNA.model_copy(update={"login": "anne", "version": 3, "active": False}))
    assert site.users.with_login("acme", "anne") is None
    assert site.users.with_login("acme", "anna") == bert


def test_failures_of_a_login_are_stored_up_to_a_number_an_hour(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """All are in the lines and counted, and the last one that is stored says so."""
    before = metrics.AUDIT_NOT_KEPT._value.get()
    for number in range(50):
        with tracing(client=f"192.0.2.{number}"):
            site.log.failed(ANNA)
            site.log.failed(None)
    stored = site.security.entries
    assert len(stored) == 40
    assert {entry.detail for entry in stored[:-2]} == {"password-wrong", "login-unknown"}
    assert [entry.detail for entry in stored[-2:]] == [
        "password-wrong further-in-lines-only",
        "login-unknown further-in-lines-only",
    ]
    assert metrics.AUDIT_NOT_KEPT._value.get() - before == 60
    assert len([line for line in capsys.readouterr().out.splitlines() if "sign-in" in line]) == 100
    site.now += timedelta(hours=1)
    site.log.failed(ANNA)
    assert len(site.security.entries) == 41


def test_lock_outs_of_many_networks_are_stored_up_to_a_number(site: Site) -> None:
    for number in range(100):
        with tracing(client=f"192.0.2.{number}"):
            site.log.locked("acme", "anna")
    assert len(site.security.entries) == 20


def test_right_password_of_a_switched_off_tenant_is_recorded(site: Site) -> None:
    with pytest.raises(ProblemError), site.log.sign_in(ANNA):
        raise ProblemError("tenant-switched-off")
    assert site.events() == [("sign-in", "acme", "user/u1", "refused")]
    assert site.security.entries[0].detail == "tenant-switched-off"
