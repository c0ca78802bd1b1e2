"""Logs show at most the last four digits of a number, and traces travel in a header."""

import pytest

from softphone_common.process.telemetry import (
    mask,
    trace_id,
    trace_of,
    traceparent,
    tracing,
    tracing_batch,
)


@pytest.mark.parametrize(
    ("event", "logged"),
    [
        ("no route to +498999998001", "no route to …8001"),
        ("08999998001 rang", "…8001 rang"),
        ("number=08999998001&call", "number=…8001&call"),
        ("extension 21", "extension 21"),
        ("at 2026-11-22T20:00:01", "at 2026-11-22T20:00:01"),
        ("call 3a2c2a99-e36c-534c-beab-45c17a91c235", "call 3a2c2a99-e36c-534c-beab-45c17a91c235"),
    ],
)
def test_number_in_a_log_event_shows_its_last_four_digits(event: str, logged: str) -> None:
    assert mask(None, "", {"event": event})["event"] == logged


def test_trace_goes_on_in_the_next_header() -> None:
    with tracing("00-" + "a" * 32 + "-" + "b" * 16 + "-01") as trace:
        version, sent, span, flags = traceparent().split("-")
    assert (version, sent, flags) == ("00", trace, "01")
    assert trace == "a" * 32
    assert span != "b" * 16


@pytest.mark.parametrize("header", [None, "", "nonsense", "00-xyz-1-01"])
def test_invalid_traceparent_begins_a_new_trace(header: str | None) -> None:
    with tracing(header) as first, tracing(header) as second:
        assert first != second
        assert len(second) == 32


def test_each_message_of_a_batch_has_its_own_trace() -> None:
    first, second, third = object(), object(), object()
    headers = [f"00-{digit * 32}-{'f' * 16}-01" for digit in "abc"]
    batch = [(first, "one", headers[0]), (second, "one", headers[1]), (third, "two", headers[2])]
    with tracing_batch(batch):
        assert [trace_of(each) for each in (first, second, third)] == [d * 32 for d in "abc"]
        assert trace_id() == trace_of(object()) == "a" * 32
        sent = [traceparent(subject).split("-")[1] for subject in ("one", "two", "three")]
        assert sent == [digit * 32 for digit in "bca"]
    assert trace_id() == trace_of(first) == ""
