"""One request of a sender, as it came over the wire or as an administrator pasted it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from softphone_ingest.mapping.parsed_event import HitError

Values = dict[str, list[str]]

_REQUEST_LINE = re.compile(r"^([A-Z]{3,7}) (\S+)(?: HTTP/[0-9.]+)?$")
_ORIGIN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_HIT_PREFIX = re.compile(r"^/*hit/[^/?]*")
_SEMICOLONS = re.compile(r";[\w.\[\]-]+=")


@dataclass(frozen=True, slots=True)
class HitRequest:
    """A request to a device's URL.

    `path` is the part behind the key. `path` and `query` are percent-encoded; in them and in
    headers each character stands for one byte (Latin-1), as ASGI gives headers. Names of headers
    are lower case. `client` is the sender's address, empty for a pasted request.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client: str

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


def decode_percent(text: str | bytes) -> str:
    """Resolves percent-encoding as UTF-8, or as Latin-1 if that fails. A str has one character
    for each byte."""
    raw = text.encode("latin-1", "replace") if isinstance(text, str) else text
    return decode_text(unquote_to_bytes(raw))


def decode_text(data: bytes) -> str:
    """Decodes UTF-8, or Latin-1 if that fails, which older phones send without saying so."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def parse_pairs(text: str | bytes) -> tuple[Values, list[str]]:
    """The parameters of a query or form by name, and the words that have no `=`.

    A text without `&` may separate its parameters by `;`, as HTML 4.01 (B.2.2) recommends.
    """
    # split before decoding, so that an escaped & or ; stays in its value
    raw = text.encode("latin-1", "replace") if isinstance(text, str) else text
    separator = b";" if b"&" not in raw and _SEMICOLONS.search(raw.decode("latin-1")) else b"&"
    values: Values = {}
    words = []
    for part in raw.split(separator):
        name, equals, value = part.partition(b"=")
        if equals:
            key = decode_percent(name.replace(b"+", b" ")).strip()
            values.setdefault(key, []).append(decode_percent(value.replace(b"+", b" ")))
        elif part:
            words.append(decode_percent(part.replace(b"+", b" ")))
    return values, words
