"""A pasted request is read like a phone's; text is UTF-8, and Latin-1 if that fails."""

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_ingest.mapping.body import Parts
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import (
    UNPACKED_MAX,
    HitRequest,
    decode_percent,
    parse_pairs,
    parse_query,
    unpacked,
)

KEY = "k" * 22
BY_PHONE = HitRequest("GET", "/ringing", "n=089&ext=21", {}, b"", "")
PASTED = {
    "a whole URL": f"https://connector.example.de/hit/{KEY}/ringing?n=089&ext=21",
    "its fragment is not sent": f"https://connector.example.de/hit/{KEY}/ringing?n=089&ext=21#top",
    "a path": f"/hit/{KEY}/ringing?n=089&ext=21",
    "a double slash": f"//hit/{KEY}/ringing?n=089&ext=21",
    "behind the key": "/ringing?n=089&ext=21",
    "a line": f"GET /hit/{KEY}/ringing?n=089&ext=21 HTTP/1.1",
    "a line without version": f"GET /hit/{KEY}/ringing?n=089&ext=21",
    "a line with all of the URL": f"GET http://pbx.example.de/hit/{KEY}/ringing?n=089&ext=21",
    "blanks around": f"\n  GET /hit/{KEY}/ringing?n=089&ext=21 HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("what", PASTED)
def test_an_address_is_enough(what: str) -> None:
    assert HitRequest.parse(PASTED[what]) == BY_PHONE


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_whole_request_is_read(end: str) -> None:
    lines = [f"POST /hit/{KEY} HTTP/1.1", "Content-Type: text/plain", "X-Two:  a: b ", "", "one"]
    request = HitRequest.parse(end.join([*lines, "", "two", ""]))
    headers = {"content-type": "text/plain", "x-two": "a: b"}
    assert request == HitRequest("POST", "", "", headers, b"one\n\ntwo", "")


def test_letters_beyond_ascii_arrive_as_from_a_phone() -> None:
    request = HitRequest.parse("POST /Müller?n=Łukasz\nX-Name: Ö\n\nÄ")
    assert decode_percent(request.path) == "/Müller"
    assert parse_pairs(request.query)[0] == {"n": ["Łukasz"]}
    assert request.headers["x-name"].encode("latin-1").decode() == "Ö"
    assert request.body.decode() == "Ä"


@pytest.mark.parametrize(
    "text", ["", " \n ", "two words", "GET /a b", "/a\x00b", "GET /ringing\nno header\n\n"]
)
def test_what_is_no_request_is_named(text: str) -> None:
    with pytest.raises(HitError) as caught:
        HitRequest.parse(text)
    assert caught.value.field == "request"


@given(st.text() | st.from_regex(r"(GET |)(http://|//|)[\[\]:@/?#\w]*(\n\w+:\w*)?"))
def test_no_text_is_more_than_refused(text: str) -> None:
    field = "request"
    try:
        request = HitRequest.parse(text)
        assert (request.path + request.query).encode("latin-1") is not None
    except HitError as error:
        field = error.field
    assert field == "request"


PAIRS: dict[str, tuple[str | bytes, dict[str, list[str]], list[str]]] = {
    "none": ("", {}, []),
    "repeated": ("a=1&b=2&a=3", {"a": ["1", "3"], "b": ["2"]}, []),
    "empty": ("a=&&=b", {"a": [""], "": ["b"]}, []),
    "words": ("08999&a=1&x%20y", {"a": ["1"]}, ["08999", "x y"]),
    "semicolons": ("ev=ring;n=089", {"ev": ["ring"], "n": ["089"]}, []),
    "semicolons of a value": ("r=1;user=phone&n=2", {"r": ["1;user=phone"], "n": ["2"]}, []),
    "a semicolon and no pair": ("r=sip:1;lr", {"r": ["sip:1;lr"]}, []),
    "escaped": ("user%5B%5D=a%26b%3Dc", {"user[]": ["a&b=c"]}, []),
    "a plus is a blank": ("n=+49&m=%2B49", {"n": [" 49"], "m": ["+49"]}, []),
    "Latin-1": (b"n=M\xfcller&m=M%FCller", {"n": ["Müller"], "m": ["Müller"]}, []),
    "half an escape": ("n=%ZZ%4", {"n": ["%ZZ%4"]}, []),
    "of two equals signs the first": ("id=NjE==", {"id": ["NjE=="]}, []),
}  # fmt: skip


@pytest.mark.parametrize("what", PAIRS)
def test_pairs_are_parted(what: str) -> None:
    raw, named, words = PAIRS[what]
    assert parse_pairs(raw) == (named, words)


QUERIES: dict[str, dict[str, list[str]]] = {
    "a=1&amp;b=2&AMP;c=3": {"a": ["1"], "b": ["2"], "c": ["3"]},
    "n=M%26amp%3BS": {"n": ["M&amp;S"]},
    "a=1?b=2&c=3": {"a": ["1"], "b": ["2"], "c": ["3"]},
    "?a=1": {"a": ["1"]},
    "a=1%26amp;b=2&c=3": {"a": ["1"], "b": ["2"], "c": ["3"]},
    "a=1%26amp;&n=M%26amp;S": {"a": ["1&amp;"], "n": ["M&amp;S"]},
    "a=who?&b=x%3Fc=1": {"a": ["who?"], "b": ["x?c=1"]},
}


@pytest.mark.parametrize("query", QUERIES)
def test_an_address_put_together_wrongly_is_read(query: str) -> None:
    assert parse_query(query)[0] == QUERIES[query]


def test_a_body_in_gzip_is_unpacked() -> None:
    assert unpacked(gzip.compress(b"n=089")) == b"n=089"
    assert unpacked(gzip.compress(b" " * UNPACKED_MAX)) == b" " * UNPACKED_MAX
    assert unpacked(b"n=089") == b"n=089"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("%CALLER_ID_NUMBER%", "%CALLER_ID_NUMBER%"),
        ("%display_local%", "%display_local%"),
        ("%C3%A4", "ä"),
        ("%2B49", "+49"),
        ("100%", "100%"),
    ],
)
def test_a_percent_name_is_no_encoded_text(raw: str, text: str) -> None:
    assert parse_query(f"n={raw}")[0] == {"n": [text]}


def test_a_gzip_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(60_000_000))
    assert len(bomb) < 64 * 1024
    tracemalloc.start()
    try:
        assert unpacked(bomb) == bomb
        assert tracemalloc.get_traced_memory()[1] < 4 * UNPACKED_MAX
    finally:
        tracemalloc.stop()


UNPACKABLE = {
    "too large": gzip.compress(b" " * (UNPACKED_MAX + 1)),
    "cut off": gzip.compress(b"n=089")[:-9],
    "of two members": gzip.compress(b"n=089") + gzip.compress(b"99998001"),
    "broken": b"\x1f\x8b!",
}


@pytest.mark.parametrize("case", UNPACKABLE)
def test_a_body_that_cant_be_unpacked_is_named(case: str) -> None:
    body = UNPACKABLE[case]
    assert unpacked(body) == body
    with pytest.raises(HitError) as caught:
        _ = Parts(HitRequest("POST", "", "", {}, body, ""), ";", lambda _: None).form
    assert (caught.value.field, caught.value.code) == ("body", "gzip-invalid")
