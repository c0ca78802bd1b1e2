"""The circuit breaker opens for a bad release, and not for a call or a sender."""

import pytest

from softphone_common.bus.circuit_breaker import CircuitBreaker

MOST = 3


@pytest.fixture
def breaker() -> CircuitBreaker:
    return CircuitBreaker("calllog.call", MOST)


def fail(breaker: CircuitBreaker, *subjects: tuple[str, str]) -> None:
    for tenant, subject in subjects:
        breaker.record_failure("ValueError", tenant, subject)


def test_breaker_after_failures_in_a_row_is_open(breaker: CircuitBreaker) -> None:
    fail(breaker, *(("acme", f"c{n}") for n in range(MOST - 1)))
    assert not breaker.is_open
    fail(breaker, ("acme", "last"))
    assert breaker.is_open
    assert breaker.failures == MOST


def test_breaker_counts_each_call_once(breaker: CircuitBreaker) -> None:
    fail(breaker, *[("acme", "c1")] * (2 * MOST))
    assert not breaker.is_open


def test_breaker_with_one_failing_tenant_stays_closed(breaker: CircuitBreaker) -> None:
    breaker.record_success("bolt")
    fail(breaker, *(("acme", f"c{n}") for n in range(2 * MOST)))
    assert not breaker.is_open
    fail(breaker, ("bolt", "c1"))
    assert breaker.is_open


def test_breaker_after_a_success_is_closed(breaker: CircuitBreaker) -> None:
    fail(breaker, *(("acme", f"c{n}") for n in range(MOST)))
    breaker.record_success("acme")
    assert not breaker.is_open
    fail(breaker, ("acme", "c9"))
    assert not breaker.is_open
