"""Mends the heads of hits that break HTTP, so that no call is lost over a blank in a name.

Phones insert names into their URLs without encoding them, and some end lines with a bare LF or fold
headers. The parser refuses such a request, and with it the key that says whose it is. Only requests
to `/hit/` are mended. A mended request is the last of its connection: when two parsers disagree
about the end of a request, the bytes after it could pass for another one (request smuggling), and
on a connection that closes there is no other one.

A request that can't be mended is replaced by a `stand_in`, which has only its first line, so that
the inspector shows it as refused. The gateway replaces requests that it refuses in the same way.
"""

import re
from collections.abc import Mapping

from softphone_common.http.problem import ProblemError

REFUSED = "x-hit-refused"
"""The header of a stand-in: the code of the problem and, if its text has one, its number."""

_HIT = re.compile(rb"[A-Z]{3,7}[ \t]+(?:https?://[^/ \t]*)?/{1,2}hit/")
_PERHAPS = re.compile(rb"[A-Z]{1,7}(?:[ \t]+(?:/{1,2}(?:h(?:it?)?)?)?)?")
"""The begin of a request that may become a hit."""

# Anybody may send these bytes, so a run of blanks is read once: `++` and `*+` give nothing back.
_LINE = re.compile(rb"([A-Z]{3,7})[ \t]++([^\r\n]*[^\r\n \t])[ \t]+(HTTP/1\.[01])[ \t]*")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_FOLD = re.compile(rb"(?<![ \t])[ \t]*+(?:\r?\n[ \t]++)+")
_REGULAR = re.compile(
    rb"[A-Z]+ [!\"$-~]+ HTTP/1\.[01]\r\n(?:[^ \t\r\n][^\r\n]*\r\n)*\r\n",
)
# A request on the wire has no fragment (RFC 9112, section 3.2), so a # is part of a value.
_UNSAFE = re.compile(rb"[^!\"$-~]")

_FIRST_LINE = re.compile(
    rb"([A-Za-z]{3,10})[ \t]+(?:https?://[^/ \t]*)?(/{1,2}hit/[^/? \t]+(?=[/? \t]).*)", re.DOTALL
)
"""Any first line with a whole key in it."""
_VERSION = re.compile(rb"(?<![ \t])[ \t]++HTTP/\d\.\d\Z")

_METHODS = frozenset({b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT"})
_SHOWN_MAX = 800
"""Bytes of a refused target that the inspector gets to show. The least limit of a head is 1,024."""

_HEADER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0b-\x1f\x7f]*")
_LENGTH = re.compile(rb"[^:]+:[ \t]*[0-9]+[ \t]*")
_BARE = frozenset({"request-timeout", "request-incomplete"})
_WITH_LIMIT = frozenset({"header-too-large", "body-too-large"})


def mend(data: bytes) -> bytes | None:
    """The begin of a request with its head as HTTP demands it; None while the head is incomplete.

    Anything but a hit is returned as it is, and so is a hit that the parser reads without help.
    """
    if _PERHAPS.fullmatch(data):
        return None
    first = _LINE_END.split(data, maxsplit=1)[0]
    if _HIT.match(data) is None or (first != data and _LINE.fullmatch(first) is None):
        return data
    end = _HEAD_END.search(data)
    if end is None:
        return None
    head = data[: end.end()]
    return data if _REGULAR.fullmatch(head) else _mended(head[: end.start()]) + data[end.end() :]


def stand_in(data: bytes, refusal: str) -> bytes | None:
    """A request in place of one that can't be read; None if there is no key in its first line."""
    match = _FIRST_LINE.fullmatch(_LINE_END.split(data, maxsplit=1)[0])
    if match is None:
        return None
    method = match[1] if match[1] in _METHODS else b"GET"
    target = _VERSION.sub(b"", match[2].rstrip(b" \t"))
    line = b"%b %b HTTP/1.1" % (method, _encoded(target)[:_SHOWN_MAX])
    headers = f"{REFUSED}: {refusal}\r\nConnection: close".encode()
    return line + b"\r\n" + headers + b"\r\n\r\n"


def head_problem(head: bytes) -> str:
    """The refusal of a head that can't be read, with the number of the line that breaks HTTP."""
    end = _HEAD_END.search(head)
    lines = _LINE_END.split(head[: end.start()] if end else head)
    has_length = False
    # without an end the last line may be half a line
    for number, line in enumerate(lines if end else lines[:-1], start=1):
        is_length = line[:15].lower() == b"content-length:"
        pattern = _LINE if number == 1 else _LENGTH if is_length else _HEADER
        if pattern.fullmatch(line) is None or (is_length and has_length):
            return f"hit-line-broken {number}"
        has_length = has_length or is_length
    return "hit-head-broken"


def refusal_of(headers: Mapping[str, str]) -> ProblemError | None:
    """The problem of the request that a stand-in replaces; None for any other request."""
    value = headers.get(REFUSED)
    if value is None:
        return None
    code, _, number = value.partition(" ")
    # the header may come from anybody, who can only have his own request refused
    if re.fullmatch(r"[0-9]{1,9}", number):
        if code in _WITH_LIMIT:
            return ProblemError(code, limit=int(number))
        if code == "hit-line-broken":
            return ProblemError("hit-line-broken", line=int(number))
    return ProblemError(code if code in _BARE else "hit-head-broken")


def _encoded(target: bytes) -> bytes:
    return _UNSAFE.sub(lambda byte: b"%%%02X" % ord(byte[0]), target)


def _mended(head: bytes) -> bytes:
    # RFC 9112, section 5.2: a server may replace the fold of a header by a blank
    first, *headers = _LINE_END.split(_FOLD.sub(b" ", head))
    line = _LINE.fullmatch(first)
    # a fold behind the request line would have become part of it
    if line is None:
        return head + b"\r\n\r\n"
    method, target, version = line.groups()
    kept = [header for header in headers if not header.lower().startswith(b"connection:")]
    lines = [b"%b %b %b" % (method, _encoded(target), version), *kept, b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n"
