"""One request of a sender, as it came over the wire or as an administrator pasted it."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from softphone_ingest.mapping.parsed_event import HitError

Values = dict[str, list[str]]

_REQUEST_LINE = re.compile(r"^([A-Z]{3,7}) (\S+)(?: HTTP/[0-9.]+)?$")
_ORIGIN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_HIT_PREFIX = re.compile(r"^/*hit/[^/?]*")
_SEMICOLONS = re.compile(r";[\w.\[\]-]+=")
_PERCENT_NAME = re.compile(rb"%[A-Za-z_]\w{2,}%")
_ESCAPED_AMPERSAND = re.compile(rb"&(?:(?:amp|(?:#|%23)(?:38|x26));)+", re.I)
_ESCAPED_NAME = re.compile(r"^(?:amp;)+(?=.)", re.I)
_ENCODED_AMPERSAND = re.compile(rb"%26(?:(?:amp|(?:#|%23)(?:38|x26));)+(?=[\w.\[\]-]+=)", re.I)
"""An escaped `&` that is encoded once more, in front of the name of the next parameter."""
_SECOND_QUESTION_MARK = re.compile(rb"\?(?=[\w.\[\]-]+=)")


_NO_TEXT = dict.fromkeys(range(0x80, 0xA0), "\ufffd")
"""The control characters of Latin-1."""

GZIP = b"\x1f\x8b"
_ZLIB = b"x"
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
UNPACKED_MAX = 256 * 1024
"""Bytes of a body after gzip. A few bytes may expand to any size."""

_PROBE_METHODS = frozenset({"HEAD", "OPTIONS"})
_PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_NOT_MEANT = re.compile(r"\b(?:prefetch|prerender|preview)\b", re.I)
_LINK_PREVIEW = re.compile(
    r"Slackbot|Slack-ImgProxy|facebookexternalhit|WhatsApp/|TelegramBot|Twitterbot|LinkedInBot"
    r"|Discordbot|SkypeUriPreview|Mattermost-Bot|redditbot|Iframely|Embedly|vkShare|Viber|Applebot"
    r"|Googlebot|bingbot|Google-PageRenderer|Google-InspectionTool|Pinterestbot|Preview/[0-9]"
    r"|Existence Discovery|Protocol Discovery|Mastodon/",
    re.I,
)
"""Programs that look at an address because somebody wrote it into a message."""


@dataclass(frozen=True, slots=True)
class HitRequest:
    """A request to a device's URL.

    `path` is the part behind the key. `path` and `query` are percent-encoded; in them and in
    headers each character stands for one byte (Latin-1), as ASGI gives headers. Names of headers
    are lower case. `body` is unpacked; `packed` is the body as it was sent in gzip, and empty for
    any other. `client` is the sender's address, empty for a pasted request.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client: str
    packed: bytes = b""

    @property
    def size(self) -> int:
        """Bytes of its content, which a hit keeps in memory while it waits."""
        head = sum(len(name) + len(text) for name, text in self.headers.items())
        return len(self.path) + len(self.query) + head + len(self.body) + len(self.packed)

    @property
    def is_probe(self) -> bool:
        """Whether a program only looks at the address, so that there is no call behind it."""
        return (
            self.method in _PROBE_METHODS
            or any(_NOT_MEANT.search(self.headers.get(name, "")) for name in _PURPOSES)
            or _LINK_PREVIEW.search(self.headers.get("user-agent", "")) is not None
        )

    @classmethod
    def parse(cls, text: str) -> "HitRequest":
        """Reads a request in the format of HTTP/1.1 (RFC 9112), or only its URL or path.

        Raises HitError naming `request`.
        """
        head, _, body = text.strip().replace("\r\n", "\n").partition("\n\n")
        first, *lines = head.split("\n")
        match = _REQUEST_LINE.match(first.strip())
        method, target = (match[1], match[2]) if match else ("GET", first.strip())
        if not target.isprintable() or " " in target or not target:
            raise HitError("request", "request-line-invalid")
        # people paste a whole address, the path of a log, or a path behind the key
        address = _as_bytes_of_utf8(_ORIGIN.sub("", target.partition("#")[0]))
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise HitError("request", "header-line-invalid", line=line[:60])
            headers[_as_bytes_of_utf8(name.strip().lower())] = _as_bytes_of_utf8(value.strip())
        path, _, query = address.partition("?")
        path = _HIT_PREFIX.sub("", path, count=1)
        return cls(method, path, query, headers, body.encode("utf-8", "replace"), "")


def _as_bytes_of_utf8(text: str) -> str:
    """The text as a server hands it over: one character for each byte of its UTF-8."""
    return text.encode("utf-8", "replace").decode("latin-1")


def unpacked(body: bytes, coding: str = "") -> bytes:
    """A body in gzip or deflate as it was before; any other, and one that is broken or too large,
    as it is.

    Its first bytes say how it is packed, since some senders leave out the header and some set it
    for a plain body. `coding` is the header Content-Encoding. Some senders understand by deflate
    the bare format of RFC 1951, which has no such bytes (RFC 9110, section 8.4.1.2).
    """
    if body.startswith(GZIP):
        return _inflated(body, zlib.MAX_WBITS | 16)
    plain = _inflated(body, zlib.MAX_WBITS) if body[:1] == _ZLIB else body
    is_bare = plain == body and coding.strip().lower() == "deflate" and not is_text(body)
    return _inflated(body, -zlib.MAX_WBITS) if is_bare else plain


def is_text(body: bytes) -> bool:
    """Whether a body is readable as it is, in contrast to one that is packed."""
    return _CONTROL.search(body) is None


def _inflated(body: bytes, window: int) -> bytes:
    unzip = zlib.decompressobj(wbits=window)
    try:
        plain = unzip.decompress(body, UNPACKED_MAX + 1)
    except zlib.error:
        return body
    # what follows the end, such as a second member, must not be dropped
    is_whole = unzip.eof and not unzip.unused_data and len(plain) <= UNPACKED_MAX
    return plain if is_whole else body


def decode_percent(text: str | bytes) -> str:
    """Resolves percent-encoding as UTF-8, or as Latin-1 if that fails. A str has one character
    for each byte."""
    raw = text.encode("latin-1", "replace") if isinstance(text, str) else text
    # %CALLER_ID% begins with what looks like a byte, but no encoded text ends with a percent sign
    return decode_text(raw if _PERCENT_NAME.fullmatch(raw) else unquote_to_bytes(raw))


def decode_text(data: bytes) -> str:
    """Decodes UTF-8, or Latin-1 if that fails, which older phones send without saying so.

    A byte that is no character of a text in Latin-1 becomes U+FFFD, so that it can't disappear from
    a number or end one of its lines: `%98` may have been a percent sign and two digits.
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1").translate(_NO_TEXT)


def parse_query(text: str) -> tuple[Values, list[str]]:
    """The parameters of a query, and its words without `=`.

    A `?` in front of a name is an `&`: some phones append their own parameters with one, whether
    the URL has a query or not.
    """
    raw = text.encode("latin-1", "replace")
    return parse_pairs(_SECOND_QUESTION_MARK.sub(b"&", raw))


def parse_pairs(text: str | bytes) -> tuple[Values, list[str]]:
    """The parameters of a query or form by name, and the words that have no `=`.

    A text without `&` may separate its parameters by `;`, as HTML 4.01 (B.2.2) recommends.
    `&amp;` is `&`, also as `&#38;` or `&amp%3B`: an address copied from a page's source is escaped
    once too often.
    """
    # split before decoding, so that an escaped & or ; stays in its value
    raw = text.encode("latin-1", "replace") if isinstance(text, str) else text
    raw = _ENCODED_AMPERSAND.sub(b"&", _ESCAPED_AMPERSAND.sub(b"&", raw))
    separator = b";" if b"&" not in raw and _SEMICOLONS.search(raw.decode("latin-1")) else b"&"
    values: Values = {}
    words = []
    for part in raw.split(separator):
        name, equals, value = part.partition(b"=")
        if equals:
            key = _ESCAPED_NAME.sub("", decode_percent(name.replace(b"+", b" ")).strip(), count=1)
            values.setdefault(key, []).append(decode_percent(value.replace(b"+", b" ")))
        elif part:
            words.append(decode_percent(part.replace(b"+", b" ")))
    return values, words
