"""However many passwords are asked about at once, few are worked on, and each is answered right."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier, Lock

import pytest
from argon2 import PasswordHasher

from softphone_notifier.accounts import passwords
from softphone_notifier.accounts.passwords import hash_password, matches

AT_ONCE = 2
PASSWORD = "long enough to do"


class Workbench:
    """Where hashes are worked out, each as real as ever, and how many were on it at once.

    Every two wait for one another, so that two at once are seen however quick the machine is.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._pairs = Barrier(AT_ONCE, timeout=5)
        self._here = 0
        self.most = 0

    @contextmanager
    def work(self) -> Iterator[None]:
        with self._lock:
            self._here += 1
            self.most = max(self.most, self._here)
        try:
            self._pairs.wait()
            yield
        finally:
            with self._lock:
                self._here -= 1


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Workbench:
    bench = Workbench()
    made, verified = PasswordHasher.hash, PasswordHasher.verify

    def hashing(self: PasswordHasher, password: str) -> str:
        with bench.work():
            return made(self, password)

    def verifying(self: PasswordHasher, password_hash: str, password: str) -> bool:
        with bench.work():
            return bool(verified(self, password_hash, password))

    # few rounds over little memory: the test is about how many run at once, not about their cost
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)
    monkeypatch.setattr(passwords, "_HASH_OF_NOBODY", cheap.hash("the password of no user"))
    monkeypatch.setattr(PasswordHasher, "hash", hashing)
    monkeypatch.setattr(PasswordHasher, "verify", verifying)
    return bench


async def test_no_more_than_two_are_worked_on_at_once(bench: Workbench) -> None:
    stored = await asyncio.gather(*(hash_password(PASSWORD) for _ in range(8)))
    pairs = [(PASSWORD, stored[0]), ("wrong", stored[1]), (PASSWORD, None), ("wrong", None)] * 4
    answers = await asyncio.gather(*(matches(password, kept) for password, kept in pairs))
    assert answers == [True, False, False, False] * 4
    assert bench.most == AT_ONCE
