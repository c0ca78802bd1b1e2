"""Takes apart what phones and people write around a number, before any numbering plan is asked.

The results are still texts and may be no numbers at all. Besides URIs and channel names these are
the forms of phone books, letterheads and web pages.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from softphone_common.domain.numbers.notation.extension_words import DIRECT_WORD, EXTENSION_WORD
from softphone_common.domain.numbers.notation.own_number import split_own_number_code
from softphone_common.domain.numbers.notation.sip import SipUri, parse_channel, parse_uri
from softphone_common.domain.numbers.placeholders import is_placeholder

_GOES_ON = re.compile(r"[\s()/.,-]*[0-9]")
_NUMBER_AT_END = re.compile(r"[+0-9\s()/.,-]+\Z")
_AROUND = " \t\n'\"`´“”„‘’«»/,;"
_PAUSES = " \t)-/.,;wpWP"
_SIGNS = str.maketrans({"−": "-", "·": ".", "•": ".", "⁄": "/", "∕": "/", "、": ",", "’": "'"})
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_IP_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}[1-9]?\d{1,2}(?::\d+)?")

_EXTENSION_WORD = rf"{EXTENSION_WORD}\s?[.:=]*"
_DIRECT_WORD = rf"{DIRECT_WORD}[.:]*"
_EXTENSION_LABEL = re.compile(rf"(?:{_EXTENSION_WORD}|{_DIRECT_WORD})\s*(?=[0-9]{{1,8}}$)", re.I)
_IN_BRACKETS = re.compile(
    rf"[(\[{{]\s*((?:{_EXTENSION_WORD}|{_DIRECT_WORD}|#)\s*[0-9]{{1,8}})\s*[)\]}}]", re.I
)
_CODE = re.compile(r"[*#](?![^\W\d_])")
# * 089... and #1 089... of a list; a code has its digits at its sign, or another sign behind them
_BULLET = re.compile(
    r"^(?:(?:[*#]|#[1-9])\s+(?=[+(0-9][^*#]*$)|(?:[1-9]\)\s+(?=[+(0-9])|#?[1-9][.:]\s+(?=[+(0]))(?=[^*#]*$))"
)
_NEXT_BULLET = re.compile(r"[\s;,]+(?:[*#]|#?[1-9][.):])\s+(?=[+(0])")
_LOST_PLUS = re.compile(r" \s*[1-9]")
_TEL_LABEL = re.compile(r"\s*(?:tel|phone|dial):\s", re.I)
_SQUARE = re.compile(r"\[([0-9]+)\]")
_REMARK = re.compile(r"\[(?!\s*[\"'][+(0])[^\]]*(?:\]|$)|\((?=[^()]*[^\W\d_])[^()]*(?:\)|$)")
_LABEL = re.compile(
    r"[^0-9+*#]*:\s*(?=[0-9+(*#])"  # Vertrieb:089...
    r"|[^\W\d_][^0-9+*#:]*[0-9]{1,4}:\s+(?=[+(0])"  # Büro 2: 089...
    r"|[^0-9+*#]+(?=\+)"  # Vertrieb +4989...
    r"|[^0-9+*#]*[\s.](?=\(?0(?:[^0-9]*[0-9]){6})"  # Tel. 089...
)
_NEXT_NUMBER = re.compile(r"\s*[,;/|&\n]+\s*(?=[+0(])|\s+(?=\+)")
_DIRECT = re.compile(
    rf"(?<=[0-9)])(?:\s*-\s*0)?[\s,;/-]*(?<![^\W\d_]){_DIRECT_WORD}\s*-?\s*"
    r"(?=[0-9]{1,8}(?![0-9]))",
    re.I,
)
_MORE_DIRECT_LINES = re.compile(r"-\s*([0-9]{1,5})((?:\s*(?:[/&]|,\s)\s*-?\s*[0-9]{1,5})+)$")
_EXTENSION = re.compile(
    rf"(?<=[0-9)])(?:"
    rf"[\s,;:/|._-]*(?:\b(?:and|ask|at|for|nr)\s+)*{_EXTENSION_WORD}"  # -x11, ext. 11 Huber
    r"[\s#(-]*([0-9]{1,8})\)?(?:[\s,;/]+.*)?"
    r"|\s*[,;pw#][\s,;pw]*([0-9][0-9,;pw]*)"  # ,,11
    r"|(?<=[0-9])\s*(?:\*\s*([0-9]{1,8})|~\s*([0-9]{2,8}))"  # *11 of exchanges, ~11 of Taiwan
    r")#?$",
    re.I | re.S,
)
_MASKED = re.compile(r"[0-9]\s*x{2,}", re.I)
_TEXT_AFTER = re.compile(r"(?<=[0-9)#])[,;:]?\s+[-/|,;:]?\s*[^\W\d_].*", re.S)
_VANITY = re.compile(r"(\+?[0-9][0-9\s()/.-]*?)[\s/.-]*([A-Z]{4,})((?:[\s.-]*[0-9])*)", re.I)
_FREEPHONE = re.compile(
    r"(?:(?:\+|00)[1-9][0-9]{0,2})?0?[789]00|\+?1?8(?:00|33|44|55|66|77|88)"  # 0800, 1-888
)
_BEFORE_PLUS = re.compile(r"(?:00?|[89]|011)?[\s(/.-]*\++[\s(]*(?:00(?=[1-9]))?")
_OPTIONAL_ZERO = re.compile(r"(?:\+|00|011)?\s*\(?([1-9][0-9]{0,2})[\s)/.-]*\(0\)")
_PUNCTUATION = re.compile(r"[\s()/_'-]|\.(?!\.)")

_ZERO_DIALLED = frozenset({"39", "378", "379"})
"""Country codes after which a zero in brackets is dialled: Italy, San Marino, Vatican City."""


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a text: a display name, the `user` where a number would be, and its host.

    `context` is the domain in which a local number is valid (RFC 3966, phone-context), `ext` an
    extension from a parameter. `lost_plus`: the user begins with a blank before a digit, which is
    how the query of a URL shows a plus.
    """

    name: str
    user: str
    host: str
    context: str
    ext: str
    lost_plus: bool


@dataclass(frozen=True, slots=True)
class DialString:
    """Digits with at most one plus before them, and the digits to dial after the answer.

    `digits` keeps letters and signs if the text is no number.
    """

    digits: str
    ext: str


def only_digits(text: str) -> str:
    """The ASCII digits of a text."""
    return re.sub(r"[^0-9]", "", text)


def cut(text: str, most: int) -> str:
    """At most `most` characters, without a number that goes on behind them: a part of a number
    would be somebody else's."""
    if len(text) <= most:
        return text
    return _NUMBER_AT_END.sub("", text[:most]) if _GOES_ON.match(text[most:]) else text[:most]


def to_plain_text(raw: str) -> str:
    """The text with ASCII digits, blanks and dashes, without invisible characters, and decoded.

    Clients escape a number up to three times (`%252B`), so percent-encoding is resolved as often. A
    placeholder such as `%callerid` stays, though it begins like an escape.
    """
    text = _to_plain_signs(raw)
    for _ in range(3):
        if not _ESCAPE.search(text) or is_placeholder(text):
            break
        text = _to_plain_signs(unquote(text))
    return text


def _to_plain_signs(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    # the byte that ends a text in C is not part of it; any other control character may have been
    text = "".join(map(_without_footnote, text.strip("\0")))
    # NFKC turns full-width digits into ASCII
    return "".join(map(_plain_sign, unicodedata.normalize("NFKC", text))).translate(_SIGNS)


def _without_footnote(char: str) -> str:
    """U+FFFD for a superscript, a fraction or a digit in a circle: no digits of a number."""
    return "\ufffd" if unicodedata.category(char) == "No" else char


def _plain_sign(char: str) -> str:
    match unicodedata.category(char):
        case "Nd":
            return str(unicodedata.decimal(char))
        case "Cf":
            return ""
        case "Pd":
            return "-"
        case "Cc" | "Zl" | "Zp":
            return " " if char == "\t" else "\n" if char.isspace() else "\ufffd"
        case "Zs":
            return " "
        case _:
            return char


def parse_address(text: str) -> Address:
    """Reads a name-addr, a URI, user@host, a channel name, or a number alone."""
    display_name, bracket, rest = text.rpartition("<")
    if bracket and ">" not in rest and _count_digits(display_name) >= 7 and rest[:1] == " ":
        display_name, bracket, text = "", "", text.replace("<", " ")  # 089 99998001 < 5
    channel = parse_channel(rest.partition(">")[0] if bracket else text)
    uri = SipUri(display_name, channel.peer, "", {}) if channel else parse_uri(text)
    user, context = uri.user, uri.parameters.get("phone-context", "").strip()
    if context.startswith("+") and not user.lstrip().startswith("+"):
        # RFC 3966, 5.1.5: a context of digits completes a local number. Not so an emergency number,
        # which some phones send with the country code as its context.
        is_short_code = len(context) <= 4 and _count_digits(user) <= 3
        user, context = ("" if is_short_code else context) + user.strip(), ""
    return Address(
        name=uri.display_name.strip(_AROUND),
        user=user.strip(_AROUND),
        host=uri.host,
        context=context,
        ext=_first_digits(uri.parameters.get("ext") or uri.parameters.get("postd") or ""),
        lost_plus=_LOST_PLUS.match(user) is not None and _TEL_LABEL.match(text) is None,
    )


def _first_digits(text: str) -> str:
    """The first digits of a text, with the visual separators of RFC 3966, 3, between them."""
    match = re.search(r"[0-9][0-9().-]*", text)
    return only_digits(match[0]) if match else ""


def strip_labels(user: str) -> str:
    """The user without labels before a number and without remarks in brackets."""
    _, text = split_own_number_code(user)
    if _BULLET.match(text):
        text = _NEXT_BULLET.sub("; ", _BULLET.sub("", text))
    # extensions in brackets are kept before other brackets are removed as remarks
    text = _IN_BRACKETS.sub(r" \1", _SQUARE.sub(r"(\1)", text))
    text = _REMARK.sub(" ", text).strip(_AROUND)
    for label in (_EXTENSION_LABEL, _LABEL):
        match = label.match(text)
        text = text[match.end() :] if match else text
    return text


def strip_prefix(text: str, prefix: str) -> str | None:
    """The text without this prefix and the pause after it; None if it does not begin with it."""
    text = text.lstrip(" (")
    return text.removeprefix(prefix).lstrip(_PAUSES) if text.startswith(prefix) else None


def is_plain(text: str) -> bool:
    """Whether a text is digits, a star code or an IP address, and needs no further parsing."""
    return bool(_CODE.match(text)) or text.isdecimal() or bool(_IP_ADDRESS.fullmatch(text))


def split_extension(text: str) -> tuple[str, str]:
    """The first number of a text, as it is written, and the digits to dial after the answer."""
    text = _first_number(text)
    text, ext = _split_extension(_first_direct_line(_DIRECT.sub("-", text, count=1)))
    return _resolve_words(text), ext


def _count_digits(text: str) -> int:
    return sum(map(str.isdecimal, text))


def _first_number(text: str) -> str:
    """The text up to a separator with seven digits or more on both sides."""
    for separator in _NEXT_NUMBER.finditer(text):
        before, after = text[: separator.start()], text[separator.end() :]
        # a slash may also group the digits of one number: 0171/392/0031
        least = 8 if "/" in separator[0] else 7
        if _count_digits(before) >= least and _count_digits(after) >= 7:
            return before
    return text


def _first_direct_line(text: str) -> str:
    """The number of the first of several direct lines, as in 99998-10/11.

    A longer group after the slash is part of the number: there the slash only groups digits.
    """
    match = _MORE_DIRECT_LINES.search(text)
    if match is None or _count_digits(text[: match.start()]) < 6:
        return text
    others = re.findall(r"[0-9]+", match[2])
    return text[: match.end(1)] if max(map(len, others)) <= len(match[1]) else text


def _split_extension(text: str) -> tuple[str, str]:
    match = _EXTENSION.search(text)
    # in 9,1212... the comma is the pause after the prefix for an outside line; in 21*12 the star
    # belongs to a code of the exchange
    least = 7 if match and (match[3] or match[4]) else 3
    if match is None or _count_digits(text[: match.start()]) < least:
        return text.rstrip("# "), ""
    ext = re.findall(r"[0-9]+", next(filter(None, match.groups())))
    return text[: match.start()], ",".join(ext)


def _resolve_words(text: str) -> str:
    """A vanity number (0800-FLOWERS) as digits. Words after any other number are a remark."""
    vanity = _VANITY.fullmatch(text)
    if vanity and _FREEPHONE.fullmatch(_PUNCTUATION.sub("", vanity[1])):
        plus = "+" if re.match(r"\(?1", vanity[1]) else ""  # 1-800-FLOWERS
        return plus + vanity[1] + vanity[2].upper().translate(_KEYS) + vanity[3]
    remark = None if _MASKED.search(text) else _TEXT_AFTER.search(text)
    return text[: remark.start()] if remark and _count_digits(text[: remark.start()]) >= 6 else text


def to_digits(text: str) -> str:
    """The digits of a number without the signs that group them; other signs and letters stay."""
    before = _BEFORE_PLUS.match(text)
    text = f"+{text[before.end() :]}" if before else text
    zero = _OPTIONAL_ZERO.match(text)
    if zero:
        text = f"+{zero[1]}{'0' * (zero[1] in _ZERO_DIALLED)}{text[zero.end() :]}"
    return _PUNCTUATION.sub("", text)
