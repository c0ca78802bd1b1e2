"""One request of a sender as it came, or as somebody pasted it; looks at none of its words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from softphone_ingest.mapping.parsed_event import HitError

Values = dict[str, list[str]]

_REQUEST_LINE = re.compile(r"^([A-Z]{3,7}) (\S+)(?: HTTP/[0-9.]+)?$")
_HOST = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_BEHIND_KEY = re.compile(r"^/*hit/[^/?]*")
_SEMICOLONS = re.compile(r";[\w.\[\]-]+=")


@dataclass(frozen=True, slots=True)
class HitRequest:
    """`path` is what followed the key; it and `query` are still percent-encoded, and a byte beyond
    ASCII is the character of that number, as in headers. The names of headers are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client: str

    @classmethod
    def parse(cls, text: str) -> "HitRequest":
        """The request in this text: as sent over the wire, or just its address, whole or in part.

        Raises HitError naming `request`.
        """
        head, _, body = text.strip().replace("\r\n", "\n").partition("\n\n")
        first, *lines = head.split("\n")
        found = _REQUEST_LINE.match(first.strip())
        method, target = (found[1], found[2]) if found else ("GET", first.strip())
        if not target.isprintable() or " " in target or not target:
            raise HitError("request", "request-line-invalid")
        address = _sent(_HOST.sub("", target.partition("#")[0]))
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise HitError("request", "header-line-invalid", line=line[:60])
            headers[_sent(name.strip().lower())] = _sent(value.strip())
        path, _, query = address.partition("?")
        path = _BEHIND_KEY.sub("", path, count=1)
        return cls(method, path, query, headers, body.encode("utf-8", "replace"), "")


def _sent(text: str) -> str:
    """The text as it is after its way over the wire: a character for each byte of UTF-8."""
    return text.encode("utf-8", "replace").decode("latin-1")


def decoded(text: str | bytes) -> str:
    """Percent-encoding resolved: as UTF-8, or else as the Latin-1 of older phones.

    A text is bytes as characters, as a request's path is.
    """
    raw = text.encode("latin-1", "replace") if isinstance(text, str) else text
    return plain(unquote_to_bytes(raw))


def plain(data: bytes) -> str:
    """Bytes as text: UTF-8, or else Latin-1."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def pairs(text: str | bytes) -> tuple[Values, list[str]]:
    """The parameters of a query or a form by name, and those without `=`.

    Without any `&` they may be parted by `;` instead.
    """
    raw = text.encode("latin-1", "replace") if isinstance(text, str) else text
    mark = b";" if b"&" not in raw and _SEMICOLONS.search(raw.decode("latin-1")) else b"&"
    named: Values = {}
    words = []
    for part in raw.split(mark):
        name, equals, value = part.partition(b"=")
        said = decoded(value.replace(b"+", b" "))
        if equals:
            named.setdefault(decoded(name.replace(b"+", b" ")).strip(), []).append(said)
        elif part:
            words.append(decoded(part.replace(b"+", b" ")))
    return named, words
