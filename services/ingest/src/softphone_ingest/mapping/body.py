"""Parses the parts of a request: path, query, form, JSON, XML and plain text."""

import json
import re
from codecs import BOM_UTF8
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from softphone_common.contracts.problem_codes import json_reason
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import (
    GZIP,
    UNPACKED_MAX,
    HitRequest,
    Values,
    decode_percent,
    decode_text,
    is_text,
    parse_pairs,
    parse_query,
)
from softphone_ingest.mapping.tree import Count

DEPTH_MAX = 60
"""Levels of elements in XML. Selectors walk it level by level, at a cost of depth times size."""

PARAMETER_COST = 5
"""Operations to decode one parameter of a query, a path or a form."""

_MARKUP = re.compile(rb"<[?!A-Za-z_]")
_DECLARED = re.compile(rb"<\?xml[^>]{1,100}\bencoding\b")
_LIST_OF_OBJECTS = re.compile(rb"\[\s*\{")


class Parts:
    """The parts of a request, each parsed when it is first read.

    The content of the body decides how it is parsed, since many phones send a wrong content type
    or none. Every part raises HitError naming `body` if the body is malformed.
    """

    def __init__(self, request: HitRequest, separator: str, count: Count) -> None:
        self.request = request
        self.separator = separator
        self.count = count

    @cached_property
    def segments(self) -> list[str]:
        """The segments of the path behind the key, without those of the form `name=value`."""
        self.count(form_cost(self.request.path.encode("latin-1", "replace")))
        raw = [part for part in self.request.path.split("/") if part]
        return [decode_percent(part) for part in raw if "=" not in part]

    @cached_property
    def path_pairs(self) -> Values:
        """The segments of the path of the form `name=value`, as some phones write parameters."""
        values: Values = {}
        self.count(form_cost(self.request.path.encode("latin-1", "replace")))
        for part in self.request.path.split("/"):
            if "=" in part:
                for name, texts in parse_pairs(part)[0].items():
                    values.setdefault(name, []).extend(texts)
        return values

    @cached_property
    def query(self) -> tuple[Values, list[str]]:
        """The parameters of the query, and its words without `=`."""
        self.count(form_cost(self.request.query.encode("latin-1", "replace")))
        return parse_query(self.request.query)

    @cached_property
    def _body(self) -> bytes:
        """The body in UTF-8, or in the 8-bit encoding that it came in."""
        body = self.request.body
        if body.startswith(GZIP):
            raise HitError("body", "gzip-invalid", limit=UNPACKED_MAX)
        coding = self.request.headers.get("content-encoding", "").strip().lower()
        # some senders set the header for a body that they do not pack
        if coding not in {"", "identity"} and not is_text(body):
            raise HitError("body", "content-coding-unreadable", coding=coding[:60])
        # by the byte order mark, or by the zeros of the first two characters (RFC 4627, section 3)
        encoding = json.detect_encoding(body)
        if encoding.startswith("utf-8"):
            return body.removeprefix(BOM_UTF8)
        try:
            return body.decode(encoding).removeprefix("\ufeff").encode()
        except UnicodeError:
            name = encoding[:6].upper()
            raise HitError("body", "encoding-invalid", encoding=name) from None

    @cached_property
    def _kind(self) -> str:
        body = self._body.lstrip()
        if not body:
            return ""
        if self._form_type:
            return "multipart"
        media_type = _media_type(self.request)
        if body[:1] == b"{" or _is_json_list(body, media_type):
            return "json"
        if _MARKUP.match(body):
            return "xml"
        return "form" if b"=" in body or media_type.endswith("urlencoded") else "text"

    @cached_property
    def _form_type(self) -> str:
        """The content type of a multipart form with its boundary; empty for any other body."""
        content_type = self.request.headers.get("content-type", "")
        is_sent = _media_type(self.request) == "multipart/form-data"
        boundary = _BOUNDARY.search(content_type) if is_sent else None
        if boundary and _mark(boundary) in self._body:
            return content_type
        first_part = _FIRST_PART.match(self._body)
        if first_part:
            return f'multipart/form-data; boundary="{first_part[1].decode("latin-1")}"'
        return content_type if is_sent and self._body.startswith(b"--") else ""

    @cached_property
    def form(self) -> tuple[Values, list[str]]:
        """The parameters of a form, and its words without `=`."""
        if self._kind == "multipart":
            self.count(self._body.count(b"--") * PARAMETER_COST)
            return parse_form(self._body, self._form_type), []
        if self._kind != "form":
            return {}, []
        self.count(form_cost(self._body))
        return parse_pairs(self._body.strip())

    @cached_property
    def json(self) -> Any:
        """The value of a JSON body, else None."""
        if self._kind != "json":
            return None
        self.count(json_cost(self._body))
        return parse_json(decode_text(self._body), "body")

    @cached_property
    def xml(self) -> Element | None:
        """The root of an XML body, else None. A document type (DTD) is refused."""
        if self._kind != "xml":
            return None
        self.count(self._body.count(b"<"))
        parser = XMLParser(target=_NoDoctype())  # noqa: S314 - see _NoDoctype
        try:
            # a text, where no declaration says which 8-bit encoding it is, or it was UTF-16
            is_declared = _DECLARED.match(self.request.body.removeprefix(BOM_UTF8).lstrip())
            body = self._body.strip()
            parser.feed(body if is_declared else decode_text(body))
            root: Element = parser.close()
        except (ParseError, ValueError, LookupError) as error:
            raise HitError("body", "xml-invalid", reason=str(error)) from None
        _check_depth(root)
        return root

    @cached_property
    def lines(self) -> list[str]:
        """The lines of a plain text body that are not empty."""
        if self._kind not in {"text", "form"}:
            return []
        self.count(self._body.count(b"\n") + self._body.count(b"\r"))
        return [line for line in _split_lines(self._body) if line.strip()]

    @cached_property
    def line(self) -> list[str]:
        """The first line of a plain text body, split at the separator.

        The lines themselves, if the separator ends a line or there is none in any of several.
        """
        if self.separator in {"\n", "\r\n"}:
            return _split_lines(self._body.strip()) if self.lines else []
        if len(self.lines) > 1 and not any(self.separator in line for line in self.lines):
            return self.lines
        return self.lines[0].strip().split(self.separator) if self.lines else []


def _split_lines(body: bytes) -> list[str]:
    return decode_text(body).replace("\r\n", "\n").replace("\r", "\n").split("\n")


def form_cost(raw: bytes) -> int:
    """The operations that decoding a form, a query or a path costs, at most."""
    separators = sum(raw.count(sign) for sign in (b"&", b";", b"/"))
    return (separators + 1) * PARAMETER_COST + raw.count(b"%") // 4


def json_cost(body: bytes) -> int:
    """The operations that parsing a JSON text costs: about half of one for each of its values."""
    return sum(body.count(sign) for sign in (b",", b"[", b"{")) // 2 + len(body) // 1000


def parse_json(text: str, field: str) -> Any:
    """The value of a JSON text. Raises HitError naming `field`.

    Numbers with a decimal point stay texts: some senders use such numbers as ids, and 1.10 is
    another id than 1.1.
    """
    try:
        # a lone surrogate can't be encoded; phones cut names in the middle of a character
        return json.loads(text.encode("utf-8", "replace"), parse_float=str)
    except json.JSONDecodeError as error:
        reason = json_reason(error.msg, error.pos)
        raise HitError(field, "json-invalid", reason=reason) from None
    except (ValueError, RecursionError):
        # numbers with thousands of digits, and lists in lists in lists
        raise HitError(field, "json-invalid", reason="it is too long or too deep") from None


def _media_type(request: HitRequest) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json_list(body: bytes, media_type: str) -> bool:
    """Whether the body is a JSON list. Plain text may begin with a bracket as well."""
    if body[:1] != b"[":
        return False
    if media_type.endswith("json") or _LIST_OF_OBJECTS.match(body):
        return True  # perhaps a broken one, which is to be named
    try:
        return isinstance(json.loads(body), list)
    except (ValueError, RecursionError):
        return False


# Entities are declared in a document type only, so refusing it refuses every attack by entities:
# exponential and quadratic expansion, and external files and addresses. defusedxml does it by the
# very same hook of the parser. Its last release, 0.7.1, is of March 2021, and since it gives up the
# parser in C it takes 2.2 ms for 64 KiB where this takes 0.8.
class _NoDoctype(TreeBuilder):
    """Builds the tree of a document without a document type."""

    def doctype(self, *_: Any) -> None:
        raise ValueError("a document type is not allowed")


def _check_depth(root: Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > DEPTH_MAX:
            raise HitError("body", "xml-too-deep", limit=DEPTH_MAX)
        level = [child for element in level for child in element]


# --- multipart forms (RFC 7578) ---------------------------------------------------------------

# Parsed in linear time; files and nested forms are plain values. Phones and small exchanges build
# these bodies by hand. The forms they may send are the 14 of `test_multipart.py`, and libraries
# refuse too many of these (measured with the versions of November 2026): python-multipart 0.0.34
# refuses 5 of 14 (line feeds without carriage returns, folded headers, a preamble, a missing end, a
# part without a value) and takes 6.2 ms for 64 KiB where this parser takes 2.9 ms. multipart 2.0.1
# refuses 7. Werkzeug 3.1 refuses 3, with 9 ms. `email.parser` reads all of them, but takes 2 s for
# one hostile body of 64 KiB.

HEADERS_MAX = 1024
"""Bytes of the headers of one part. A name and a content type need a tenth of that."""

_BOUNDARY = re.compile(r';[ \t]*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_FIRST_PART = re.compile(rb'[ \t\r\n]*--([^\s"]{1,70})[ \t]*\r?\ncontent-[a-z-]+:', re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
# quoted texts are skipped as a whole, so that `name=` inside a file's name is not the part's name
_NAME = re.compile(
    rb'^content-disposition:(?:[^"\r\n]|"[^"\r\n]*")*?;[ \t]*name=(?:"([^"\r\n]*)"|([^\s;"]+))',
    re.IGNORECASE | re.MULTILINE,
)


def parse_form(body: bytes, content_type: str) -> Values:
    """The values of each name, in their order. Parts without a name are skipped.

    Raises HitError naming `body` if it is no multipart form.
    """
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise HitError("body", "multipart-boundary-missing")
    mark = re.escape(_mark(match))
    # RFC 2046, 5.1.1: the delimiter includes the line break before it, and blanks may follow it
    _, *parts = re.split(rb"(?:\A|\r?\n)" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)", body)
    if not parts:
        raise HitError("body", "multipart-invalid")
    values: Values = {}
    for closing, part in zip(parts[::2], parts[1::2], strict=True):
        if closing:
            break
        headers, value = _split(part)
        match_name = _NAME.search(_FOLDED.sub(b" ", headers))
        if match_name is not None:
            name = match_name[1] if match_name[1] is not None else match_name[2]
            values.setdefault(decode_text(name), []).append(decode_text(value))
    return values


def _mark(boundary: re.Match[str]) -> bytes:
    return b"--" + (boundary[1] or boundary[2]).encode("latin-1", "replace")


def _split(part: bytes) -> tuple[bytes, bytes]:
    """The headers of a part and its value."""
    end = _BLANK_LINE.search(part)
    headers, value = (part, b"") if end is None else (part[: end.start()], part[end.end() :])
    # the search for a name is quadratic in the headers, and this bounds it
    if len(headers) > HEADERS_MAX:
        raise HitError("body", "multipart-head-too-large", limit=HEADERS_MAX)
    return headers, value
