"""Removes secrets from a request before it is stored for the inspector.

Secrets are looked for in every decoded form of the request: a name may be written `p%61ssword` in a
query, `p\\u0061ssword` in JSON, and a secret may stand in a base64 text, in base32 or in
hexadecimal digits.
One rule decides for query fields, members of a body and headers which names are those of secrets.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from softphone_ingest.hit_log.escapes import Levels, Span, as_bytes, fully_decoded
from softphone_ingest.hit_log.spellings import SECRET_MIN, in_base32, in_hex, places
from softphone_ingest.mapping.request import HitRequest

HIDDEN = "***"
_WHOLE_WORDS = "pin|pass|pw|auth|sig|otp|jwt|bearer|cookies?"
"""Words that other words contain, as `pickup` and `passenger`, or that have other uses, as
`auth_user`: the name is that of a secret if it ends with one of them."""
_NAME = re.compile(
    r"(?:pass(?:word|wort|wd)|pwd|kennwort|secret|token|signature|credentials?|authorization"
    r"|(?:api|access|auth|private|secret|shared|subscription|license|encryption)[_.-]?key)"
    # the rest of the name, from the next word on
    r"(?:(?:[_.-]|(?-i:(?=[A-Z0-9])))[\w.-]{0,60})?"
    rf"|(?:(?<![a-z0-9])|(?-i:(?<=[a-z0-9])(?=[A-Z])))(?:{_WHOLE_WORDS})(?![a-z0-9_.-])"
    # a longer name with this word is that of a call at many senders
    r"|(?<![\w.-])(?:x-)?session(?![\w.-])",
    re.I,
)
_VALUE_NAMES = "value|val|v|text|content"
_QUOTED = r'(?:[^"\\]|\\.)*'
_BEFORE_NAME = re.compile(
    # a name/value pair that begins with its value
    rf'"(?:{_VALUE_NAMES})"\s{{0,20}}:\s{{0,20}}(?:"(?P<quoted>{_QUOTED})"|(?P<bare>[^\s",}}\]]+))'
    r'\s{0,20},\s{0,20}"\w{1,20}"\s{0,20}:\s{0,20}"(?P<name>[^"]{1,100})"',
    re.S | re.I,
)
_BRACKET = re.compile(rf'"{_QUOTED}+"?|[{{}}\[\]]', re.S)
"""A bracket, or a text of JSON: to the end where its quote is missing, so that time is linear."""
_BEHIND_NAME = re.compile(
    # a query or a form
    r"(?:\]|%5D)?(?:(?:\[|%5B)[^\]=&%]{0,40}(?:\]|%5D)){0,3}=(?P<form>[^&;\s<>\"']+)"
    # an object or a list of JSON, whose end is searched for
    r'|"\s{0,20}:\s{0,20}(?P<below>[{\[])'
    # a name/value pair, and a list of a name and a value
    rf'|"\s{{0,20}},\s{{0,20}}"(?:{_VALUE_NAMES})"\s{{0,20}}:\s{{0,20}}"(?P<paired>{_QUOTED})"'
    rf'|"\s{{0,20}},\s{{0,20}}"(?:{_VALUE_NAMES})"\s{{0,20}}:\s{{0,20}}(?P<number>[^\s",}}\]]+)'
    rf'|"\s{{0,20}},\s{{0,20}}"(?P<second>{_QUOTED})"\s{{0,20}}\]'
    r'|"\s{1,20}value\s{0,20}=\s{0,20}"(?P<attribute>[^"]*)"'
    # a member of JSON, an attribute of XML
    r'|"?\s{0,20}[:=]\s{0,20}"(?P<quoted>(?:[^"\\]|\\.)*)'
    r"|\s{0,20}=\s{0,20}'(?P<single>[^']*)"
    r'|"\s{0,20}:\s{0,20}(?P<bare>[^\s",}\]]+)'
    # an element of XML
    r"|(?:\s[^<>]{0,1000})?>\s{0,100}(?:<!\[CDATA\[(?P<cdata>.{0,1000}?)\]\]>|(?P<element>[^<]+))"
    # a part of a multipart form
    r'|"?[^\r\n]{0,200}\r?\n(?:[^\r\n]{1,200}\r?\n){0,10}\r?\n(?P<part>.{1,1000}?)(?=\r?\n--)'
    # an element of XML that an attribute names
    r'|"(?:\s[^<>]{0,200})?>\s{0,100}(?P<named>[^<]+)'
    # whatever else a sender writes, such as a header in a field
    r'|"?\s{0,20}[=:>]\s{0,20}(?P<other>[^"&<,;}\s]+)',
    re.S | re.I,
)
_NAMES_MAX = 500
_TOKENS_MAX = 4000
_COST_MAX = 200_000
_COST = 500
"""A text with more names of secrets, or more texts that may be base64, is hidden as a whole: no
phone sends that, and looking at each would hold up the other requests. So is a text behind whose
names too many characters are looked at; each look adds `_COST`, and a request has `_COST_MAX`."""

_CREDENTIALS = re.compile(
    r"\b(?:Basic|Bearer)\s{1,20}(?P<token>[\w.+/=~-]{8,})"
    # the key of a device, perhaps of another one, is known by the address that it is part of
    r"|/hit/(?P<key>[A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])",
    re.I,
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,}={0,2}")
_STANDARD_BASE64 = str.maketrans("-_", "+/", "\r\n")
_WRAPPED_BASE64 = re.compile(
    # no possessive group: the one of Python 3.11.2, Debian 12's own, finds nothing here
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/_-]{4,}+\r?\n){1,1000}[A-Za-z0-9+/_-]{1,}+={0,2}"
)


class _TooCostlyError(Exception):
    """Looking for all secrets in a text would take too long."""


class Redactor:
    """Hides the secrets of one request, also in reasons that quote the request."""

    def __init__(self, *secrets: str | None, visible: Iterable[str] = ()) -> None:
        """Values in `visible` stay where their names alone would hide them: a sender may call the
        id of its calls a session or a token."""
        known = (as_bytes(secret).lower() for secret in secrets if secret)
        self._secrets = [secret for secret in known if len(secret) >= SECRET_MIN]
        self._in_base32 = [digits for secret in secrets if secret for digits in in_base32(secret)]
        self._in_hex = [pattern for secret in secrets if secret for pattern in in_hex(secret)]
        self._visible = {as_bytes(value) for value in visible}
        self._values: set[str] = set()
        """The decoded values that were hidden, as a field of an event may repeat them."""
        self._cost_left = _COST_MAX
        self._has_given_up = False

    def request(self, request: HitRequest) -> HitRequest:
        """The request without secrets, and without values that are named like secrets."""
        # credentials as a whole: their form is the sender's, so no pattern finds the secret there
        headers = {
            name: self._credentials(value)
            if _is_secret_name(name) and value not in self._visible
            else self._hide(value)
            for name, value in request.headers.items()
        }
        body = self._hide(request.body.decode("latin-1")).encode("latin-1")
        path, query = self._hide(request.path), self._hide(request.query)
        return replace(request, path=path, query=query, headers=headers, body=body)

    def text(self, text: str) -> str:
        """A text that was read from the request, without what was hidden in the request.

        Hidden as a whole if a part of the request was: its secrets are not known one by one.
        """
        if self._has_given_up:
            return HIDDEN
        raw = as_bytes(text)
        # the text may be cut off, for a message
        if len(raw) >= SECRET_MIN and any(value.startswith(raw) for value in self._values):
            return HIDDEN
        for value in self._values:
            if len(value) >= SECRET_MIN:
                raw = raw.replace(value, HIDDEN)
        return self._hide(raw).encode("latin-1").decode("utf-8", "replace")

    def values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters of a problem, with `text` applied to those that are texts.

        Short secrets are hidden where they are the whole text.
        """
        return {
            name: (HIDDEN if as_bytes(value) in self._values else self.text(value))
            if isinstance(value, str)
            else value
            for name, value in params.items()
        }

    def _credentials(self, value: str) -> str:
        word = value.rpartition(" ")[2]
        self._values |= {value, word, _of_base64(word).rpartition(":")[2]} - {""}
        return HIDDEN

    def _hide(self, text: str) -> str:
        levels = Levels.of(text)
        spans: set[Span] = set()
        try:
            if levels is None:
                raise _TooCostlyError
            self._find(levels, spans)
        except _TooCostlyError:
            self._has_given_up = True
            return HIDDEN
        return _with_hidden(text, spans)

    def _find(self, levels: Levels, spans: set[Span]) -> None:
        """Adds the secret parts of the text. Raises _TooCostlyError."""
        for depth, text in enumerate(levels.texts):
            for begin, end in (*self._known(text), *_credentials(text)):
                self._add(levels, depth, (begin, end), spans)
            names = list(islice(_NAME.finditer(text), _NAMES_MAX + 1))
            tokens = list(islice(_base64_parts(text), _TOKENS_MAX + 1))
            if len(names) > _NAMES_MAX or len(tokens) > _TOKENS_MAX:
                raise _TooCostlyError
            for name in names:
                self._add_value_of(levels, depth, name.span(), spans)
            for value in _before_names(text) if names else ():
                self._add_unless_visible(levels, depth, value, spans)
            for begin, end in tokens:
                if self._is_secret_in_base64(text[begin:end]):
                    self._add(levels, depth, (begin, end), spans)

    def _is_secret_in_base64(self, text: str, *, is_inner: bool = False) -> bool:
        plain = _of_base64(text)
        # UTF-16 has a zero byte for each character of ASCII
        if any(self._known(plain.replace("\0", ""))) or _names_a_secret(plain):
            return True
        if is_inner:
            return False
        inner = islice(_base64_parts(plain), _TOKENS_MAX)
        return any(self._is_secret_in_base64(plain[b:e], is_inner=True) for b, e in inner)

    def _add_value_of(self, levels: Levels, depth: int, name: Span, spans: set[Span]) -> None:
        """Adds the value behind a name, as each level above separates it from what follows."""
        for above in range(depth, -1, -1):
            end = levels.source(depth, above, name)[1]
            self._spend(_COST)
            value = value_behind(levels.texts[above], end)
            if value is not None:
                self._add_unless_visible(levels, above, value, spans)

    def _add_unless_visible(self, levels: Levels, depth: int, span: Span, spans: set[Span]) -> None:
        if fully_decoded(levels.texts[depth][slice(*span)]) not in self._visible:
            self._add(levels, depth, span, spans)

    def _add(self, levels: Levels, depth: int, span: Span, spans: set[Span]) -> None:
        begin, end = span
        self._spend(_COST + end - begin)
        self._values.add(fully_decoded(levels.texts[depth][begin:end]))
        spans.add(levels.source(depth, 0, span))

    def _spend(self, cost: int) -> None:
        self._cost_left -= cost
        if self._cost_left < 0:
            raise _TooCostlyError

    def _known(self, text: str) -> Iterator[Span]:
        low = text.lower()
        for secret in self._secrets:
            yield from places(low, secret)
        for digits in self._in_base32:
            yield from digits.places(low)
        for pattern in self._in_hex:
            yield from (match.span() for match in pattern.finditer(low))


def value_behind(text: str, end: int) -> Span | None:
    """The value that belongs to the name which ends here."""
    match = _BEHIND_NAME.match(text, end)
    if match is None or match.lastgroup is None:
        return None
    begin, end = match.span(match.lastgroup)
    return (begin, _closed(text, begin)) if match.lastgroup == "below" else (begin, end)


def _before_names(text: str) -> Iterator[Span]:
    """The values of those name/value pairs whose name comes second, and is that of a secret."""
    for pair in _BEFORE_NAME.finditer(text):
        if _is_secret_name(pair["name"]):
            yield pair.span("bare" if pair["quoted"] is None else "quoted")


def _closed(text: str, begin: int) -> int:
    """The end of the object or list of JSON that begins here; that of the text without one."""
    depth = 0
    for match in _BRACKET.finditer(text, begin):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
    return len(text)


def _is_secret_name(name: str) -> bool:
    return any(match.end() == len(name) for match in _NAME.finditer(name))


def _names_a_secret(text: str) -> bool:
    return any(value_behind(text, name.end()) for name in islice(_NAME.finditer(text), _NAMES_MAX))


def _credentials(text: str) -> Iterator[Span]:
    for match in _CREDENTIALS.finditer(text):
        yield match.span(match.lastgroup or 0)


def _base64_parts(text: str) -> Iterator[Span]:
    """The texts that may be base64: a slash is one of its digits, and separates parts of a path."""
    for match in _BASE64.finditer(text):
        yield match.span()
        if "/" in match.group():
            at = match.start()
            for part in match.group().split("/"):
                if len(part) >= SECRET_MIN:
                    yield at, at + len(part)
                at += len(part) + 1
    if "\n" in text:
        yield from (match.span() for match in _WRAPPED_BASE64.finditer(text))


def _of_base64(text: str) -> str:
    """The bytes of a base64 text, in either alphabet; empty if the text is none."""
    digits = text.rstrip("=").translate(_STANDARD_BASE64)
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""


def _with_hidden(text: str, spans: Iterable[Span]) -> str:
    pieces, at = [], 0
    for begin, end in sorted(spans):
        if begin >= at:
            pieces += [text[at:begin], HIDDEN]
        at = max(at, end)
    return "".join((*pieces, text[at:]))
