"""Heads of hits that break HTTP are mended; everything else stays as it is."""

import contextlib
from time import thread_time

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_common.edge.hit_head import head_problem, mend, refusal_of, stand_in

LINE = b"GET /hit/k/ringing?n=1 HTTP/1.1\r\n"
END = b"Host: x\r\n\r\n"
CLOSED = b"Host: x\r\nConnection: close\r\n\r\n"
MENDED = {
    "blank": (b"GET /hit/k/r?n=A B HTTP/1.1\r\n" + END, b"GET /hit/k/r?n=A%20B HTTP/1.1\r\n"),
    "tab": (b"GET /hit/k/r?n=A\tB HTTP/1.0\r\n" + END, b"GET /hit/k/r?n=A%09B HTTP/1.0\r\n"),
    "Latin-1": (b"GET /hit/k/r?n=\xfc HTTP/1.1\r\n" + END, b"GET /hit/k/r?n=%FC HTTP/1.1\r\n"),
    "UTF-8": (b"GET /hit/k/r?\xc3\xbc HTTP/1.1\r\n" + END, b"GET /hit/k/r?%C3%BC HTTP/1.1\r\n"),
    "hash": (b"GET /hit/k/r?n=*31#1 HTTP/1.1\r\n" + END, b"GET /hit/k/r?n=*31%231 HTTP/1.1\r\n"),
    "double slash": (b"GET //hit/k?n=A B HTTP/1.1\r\n" + END, b"GET //hit/k?n=A%20B HTTP/1.1\r\n"),
    "bare LF": (b"GET /hit/k/ringing?n=1 HTTP/1.1\nHost: x\n\n", LINE),
    "kept alive": (
        b"GET /hit/k/ringing?n=1 HTTP/1.1\nHost: x\nConnection: keep-alive\n\n",
        LINE,
    ),
}


@pytest.mark.parametrize("case", MENDED)
def test_a_head_is_mended_and_its_connection_closes(case: str) -> None:
    sent, line = MENDED[case]
    assert mend(sent + b"body") == line + CLOSED + b"body"


def test_a_folded_header_is_one_line() -> None:
    sent = LINE + b"Host: x\r\nX-Name: Huber\r\n  GmbH\r\n\r\n"
    folded = b"X-Name: Huber GmbH\r\nConnection: close\r\n\r\n"
    assert mend(sent) == LINE + b"Host: x\r\n" + folded


UNCHANGED = {
    "regular": LINE + END + b"body",
    "another path": b"GET /api/calls?n=A B HTTP/1.1\r\n" + END,
    "another path with bare LF": b"POST /api/calls HTTP/1.1\nHost: x\n\n",
    "without version": b"GET /hit/k/ringing\r\n\r\n",
    "nothing": b"",
    "no text": b"\x16\x03\x01",
    "line ends": b"\r\n\r\n",
    "fold behind the line": LINE + b" x: 1\r\n\r\n",
}


@pytest.mark.parametrize("case", UNCHANGED)
def test_the_rest_is_left_to_the_parser(case: str) -> None:
    assert mend(UNCHANGED[case]) == UNCHANGED[case]


@pytest.mark.parametrize(
    "begin",
    [b"GE", b"GET", b"GET /h", b"GET //hit", b"GET /hit/k/r?n=A B", LINE, LINE + b"Host: x"],
)
def test_an_incomplete_head_is_awaited(begin: bytes) -> None:
    assert mend(begin) is None


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_the_parser_never_reads_two_requests_out_of_one(target: bytes, header: bytes) -> None:
    """Neither a target nor a header can end the head that it is in and begin another request."""
    begun: list[int] = []

    class Counted:
        def on_message_begin(self) -> None:
            begun.append(1)

    target, header = (part.translate(None, b"\r\n") for part in (target, header))
    sent = b"GET /hit/k/" + target + b" HTTP/1.1\nX: " + header + b"\n\n"
    mended = mend(sent)
    assert mended is not None
    assert mended.count(b"\r\n\r\n") == 1
    parser = httptools.HttpRequestParser(Counted())
    with contextlib.suppress(httptools.HttpParserError, httptools.HttpParserUpgrade):
        parser.feed_data(mended)
    assert len(begun) <= 1


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (b"GET /hit/k/r?n=A B\r\n", b"GET /hit/k/r?n=A%20B HTTP/1.1"),
        (b"get /hit/k/r?n=1 HTTP/1.1\r\nx", b"GET /hit/k/r?n=1 HTTP/1.1"),
        (b"POST //hit/k HTTP/9.9", b"POST //hit/k HTTP/1.1"),
        (b"GET http://here:8080/hit/k/r?n=A B", b"GET /hit/k/r?n=A%20B HTTP/1.1"),
        (b"GET /hit/k/r?n=" + b"A" * 5000, b"GET /hit/k/r?n=" + b"A" * 789 + b" HTTP/1.1"),
    ],
)
def test_a_stand_in_has_the_first_line_alone(sent: bytes, line: bytes) -> None:
    behind = b"\r\nx-hit-refused: request-timeout\r\nConnection: close\r\n\r\n"
    assert stand_in(sent, "request-timeout") == line + behind


@pytest.mark.parametrize(
    "sent", [b"GET /hit/half-a-k", b"GET /api/calls HTTP/1.1", b"\x16\x03", b"", b"GET /hit// x"]
)
def test_a_line_without_a_key_has_no_stand_in(sent: bytes) -> None:
    assert stand_in(sent, "request-timeout") is None


BLANKS = b" " * 32_000
HOSTILE = {
    "blanks in front of the target": b"GET" + BLANKS + b"/hit/k/r\r\nX: 1\r\n\r\n",
    "blanks behind the target": b"GET /hit/k/r" + BLANKS + b"x\r\nX: 1\r\n\r\n",
    "blanks in a header": b"GET /hit/k/r? HTTP/1.1\nX: " + BLANKS + b"1\n\n",
    "folds": b"GET /hit/k/r? HTTP/1.1\nX: 1" + b"\n " * 16_000 + b"\n\n",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_head_of_blanks_holds_up_nobody(case: str) -> None:
    def seconds(sent: bytes) -> float:
        """Time this thread spends, whatever else the machine does."""
        begun = thread_time()
        mend(sent)
        stand_in(sent, "hit-head-broken")
        return thread_time() - begun

    ordinary = b"GET /hit/k/r?n=" + b"\xfc" * 32_000 + b" HTTP/1.1\r\n\r\n"
    assert seconds(HOSTILE[case]) < 20 * seconds(ordinary)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("header-too-large 8192", ("header-too-large", {"limit": 8192})),
        ("header-too-large", ("hit-head-broken", {})),
        ("hit-line-broken 3", ("hit-line-broken", {"line": 3})),
        ("hit-line-broken x", ("hit-head-broken", {})),
        ("request-incomplete", ("request-incomplete", {})),
        ("request-timeout", ("request-timeout", {})),
        ("internal-error", ("hit-head-broken", {})),
        ("", ("hit-head-broken", {})),
    ],
)
def test_a_refusal_is_one_of_a_few(value: str, problem: tuple[str, dict[str, int]]) -> None:
    refusal = refusal_of({"x-hit-refused": value})
    assert refusal is not None
    assert (refusal.code, refusal.params) == problem
    assert refusal_of({}) is None


FIRST = b"POST /hit/k/r?n=1 HTTP/1.1\r\nHost: here\r\n"


@pytest.mark.parametrize(
    ("head", "refusal"),
    [
        (b"POST /hit/k/r?n=1 HTTP/7.5\r\nHost: here\r\n\r\n", "hit-line-broken 1"),
        (FIRST + b"no colon here\r\n\r\n", "hit-line-broken 3"),
        (FIRST + b"User-Agent: x\r\nX-Na me: y\r\n\r\n", "hit-line-broken 4"),
        (FIRST + b"X: \x01\r\n\r\n", "hit-line-broken 3"),
        (FIRST + b"Content-Length: x\r\n\r\n", "hit-line-broken 3"),
        (FIRST + b"Content-Length: 1\r\ncontent-length: 2\r\n\r\n", "hit-line-broken 4"),
        (FIRST + b"half a li", "hit-head-broken"),
        (FIRST + b"\r\n", "hit-head-broken"),
    ],
)
def test_the_line_that_breaks_a_head_is_named(head: bytes, refusal: str) -> None:
    assert head_problem(head) == refusal
