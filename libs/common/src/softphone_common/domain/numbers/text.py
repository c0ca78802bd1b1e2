"""Takes apart what phones and people write around a number; knows no numbering plan.

What comes out is text still, and may be no number at all. The forms are those of RFC 3261 (sip),
RFC 3966 (tel), Asterisk's channel names, and of phone books and letterheads.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from softphone_common.domain.numbers.placeholders import is_placeholder

_AROUND = " \t\n'\"`´“”„‘’«»/,;"
_PAUSES = " \t)-/.,;wpWP"
_SIGNS = str.maketrans({"−": "-", "·": ".", "•": "."})
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_SCHEME = re.compile(r"\s*(?:(?:sips?|tel|callto|phone|skype|dial|h323):(?://)?)+", re.I)
_CHANNEL = re.compile(
    r"(?:PJSIP|SIP|IAX2?|DAHDI|ZAP|SCCP|MGCP|MISDN|CAPI|LOCAL|AGENT|USER|SOFIA)/(?:[^@]*/)?"
    r"(?P<peer>[^/@;]+?)(?:-[0-9a-f]{1,8})?(?:;[0-9])?(?:@.*)?",
    re.I,
)
_PARAMETER = re.compile(r";\s*([a-z][\w.-]*)(?:=([^;@>?]*))?", re.I)
_QUERY = re.compile(r"\?[a-z].*", re.I | re.S)
_PASSWORD = re.compile(r"(?<=[0-9]):.*", re.S)
_HOST = re.compile(r"[^\s:;>?/]*")
_IP_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}[1-9]?\d{1,2}(?::\d+)?")

_EXTENSION_WORD = r"(?:ext(?:ension|n)?|x|poste|int(?:erno)?|wew|toestel|tst|anexo|ramal)[.:=]*"
_DIRECT_WORD = r"(?:DW|Durchw(?:ahl)?|App(?:arat)?|Nst|Nebenst(?:elle)?|Klappe|Kl)[.:]*"
_WITHHOLDING = re.compile(r"(?:[*#]31#|\*(?:67|82)(?=(?:[^0-9]*[0-9]){7}))\s*(?=.)")
_OWN_LABEL = re.compile(rf"(?:{_EXTENSION_WORD}|{_DIRECT_WORD})\s*(?=[0-9]{{1,8}}$)", re.I)
_IN_BRACKETS = re.compile(rf"\(\s*((?:{_EXTENSION_WORD}|{_DIRECT_WORD})\s*[0-9]{{1,8}})\s*\)", re.I)
_SQUARE = re.compile(r"\[([0-9]+)\]")
_REMARK = re.compile(r"\[[^\]]*(?:\]|$)|\((?=[^()]*[^\W\d_])[^()]*(?:\)|$)")
_LABEL = re.compile(
    r"[^0-9+*#]*:\s*(?=[0-9+(*#])"  # Vertrieb:089...
    r"|[^0-9+*#]+(?=\+)"  # Vertrieb +4989...
    r"|[^0-9+*#]*[\s.](?=\(?0(?:[^0-9]*[0-9]){6})"  # Tel. 089...
)
_NEXT = re.compile(r"\s*[,;/|&\n]+\s*(?=[+0(])|\s+(?=\+)")
_DIRECT = re.compile(
    rf"(?<=[0-9)])(?:\s*-\s*0)?[\s,;/-]*(?<![^\W\d_]){_DIRECT_WORD}\s*-?\s*"
    r"(?=[0-9]{1,8}(?![0-9]))",
    re.I,
)
_ALSO = re.compile(r"-\s*([0-9]{1,5})((?:\s*(?:[/&]|,\s)\s*-?\s*[0-9]{1,5})+)$")
_APART = re.compile(
    rf"(?<=[0-9)])\s*(?:{_EXTENSION_WORD}\s*([0-9]{{1,8}})|[,;pw#][\s,;pw]*([0-9][0-9,;pw]*))#?$",
    re.I,
)
_MASKED = re.compile(r"[0-9]\s*x{2,}", re.I)
_AFTER = re.compile(r"(?<=[0-9)#])[,;:]?\s+[-/|,;:]?\s*[^\W\d_].*", re.S)
_WORD = re.compile(r"(\+?[0-9][0-9\s()/.-]*?)[\s/.-]*([A-Z]{4,})((?:[\s.-]*[0-9])*)", re.I)
_FREEPHONE = re.compile(
    r"(?:(?:\+|00)[1-9][0-9]{0,2})?0?[789]00|\+?1?8(?:00|33|44|55|66|77|88)"  # 0800, 1-888
)
_BEFORE_PLUS = re.compile(r"(?:[0-9]{1,2}|011)?[\s(/.-]*\++[\s(]*(?:00(?=[1-9]))?")
_OPTIONAL_ZERO = re.compile(r"(?:\+|00|011)?\s*\(?([1-9][0-9]{0,2})[\s)/.-]*\(0\)")
_PUNCTUATION = re.compile(r"[\s()/_'-]|\.(?!\.)")

_ZERO_STAYS = frozenset({"39", "378", "379"})
"""Country codes after which a zero in brackets is dialled: Italy, San Marino, Vatican."""


@dataclass(frozen=True, slots=True)
class Address:
    """What a text names: a display name, the `user` where a number would stand, and its host.

    `context` is the domain a local number is private to, `ext` an extension said as a parameter.
    `lost_plus`: the user begins with a blank, which is what a URL's query makes of a plus.
    """

    name: str
    user: str
    host: str
    context: str
    ext: str
    lost_plus: bool


@dataclass(frozen=True, slots=True)
class Dialled:
    """Digits with at most one plus before them, and what is dialled after the answer.

    Where it is no number `digits` still has letters or signs in it.
    """

    digits: str
    ext: str


def plain(raw: str) -> str:
    """One plain form of digits, blanks and dashes, without invisible marks; percents decoded.

    What a client escaped twice, or three times, is decoded as often; a placeholder stays.
    """
    text = _plain(raw)
    for _ in range(3):
        if not _ESCAPE.search(text) or is_placeholder(text):
            break
        text = _plain(unquote(text))
    return text


def _plain(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_sign, unicodedata.normalize("NFKC", text))).translate(_SIGNS)


def _sign(char: str) -> str:
    match unicodedata.category(char):
        case "Nd":
            return str(unicodedata.decimal(char))
        case "Cf":
            return ""
        case "Pd":
            return "-"
        case "Cc" | "Zl" | "Zp":
            return " " if char == "\t" else "\n"
        case "Zs":
            return " "
        case _:
            return char


def address(text: str) -> Address:
    """Reads a name-addr, a URI, user@host, a channel name, or what stands alone."""
    name, bracket, inner = text.rpartition("<")
    inner = inner.partition(">")[0] if bracket else text
    channel = _CHANNEL.fullmatch(inner.strip())
    inner = channel["peer"] if channel else _SCHEME.sub("", inner, count=1)
    said = {key.lower(): value for key, value in _PARAMETER.findall(inner)}
    user, at, host = inner.partition("@")
    user = _QUERY.sub("", _PARAMETER.sub("", user))
    if at:
        user = _PASSWORD.sub("", user)
    context = said.get("phone-context", "").strip()
    if context.startswith("+") and not user.lstrip().startswith("+"):
        # RFC 3966, 5.1.5: what completes a local number, though no 112 of a whole country
        short = len(context) <= 4 and _count(user) <= 3
        user, context = ("" if short else context) + user.strip(), ""
    after = re.sub(r"[^0-9]", "", said.get("ext") or said.get("postd") or "")
    found = _HOST.match(host)
    return Address(
        name=name.strip(_AROUND),
        user=user.strip(_AROUND),
        host=found[0].lower() if found else "",
        context=context,
        ext=after,
        lost_plus=user[:1] == " " and user.lstrip()[:1] in set("123456789"),
    )


def unlabelled(user: str) -> str:
    """The user without what is written before a number, or in brackets beside it."""
    text = _WITHHOLDING.sub("", user, count=1) if user[:1] in {"*", "#"} else user
    text = _IN_BRACKETS.sub(r" \1", _SQUARE.sub(r"(\1)", text))
    text = _REMARK.sub(" ", text).strip(_AROUND)
    for before in (_OWN_LABEL, _LABEL):
        found = before.match(text)
        text = text[found.end() :] if found else text
    return text


def without_prefix(text: str, prefix: str) -> str | None:
    """The text without this prefix and the pause after it; None where it does not begin so."""
    text = text.lstrip(" (")
    return text.removeprefix(prefix).lstrip(_PAUSES) if text.startswith(prefix) else None


def dialled(text: str) -> Dialled:
    """The first number of the text."""
    if text[:1] in {"*", "#"} or text.isdecimal() or _IP_ADDRESS.fullmatch(text):
        return Dialled(text.replace(" ", ""), "")
    text = _first(text)
    text = _one_line(_DIRECT.sub("", text, count=1))
    text, ext = _without_ext(text)
    return Dialled(_digits(_spelt(text)), ext)


def _count(text: str) -> int:
    return sum(map(str.isdecimal, text))


def _first(text: str) -> str:
    """The first of several numbers, each of them whole."""
    for found in _NEXT.finditer(text):
        if min(_count(text[: found.start()]), _count(text[found.end() :])) >= 7:
            return text[: found.start()]
    return text


def _one_line(text: str) -> str:
    """The first of several direct lines, as in 99998-10/11; a slash may also only separate."""
    found = _ALSO.search(text)
    if found is None or _count(text[: found.start()]) < 6:
        return text
    others = re.findall(r"[0-9]+", found[2])
    return text[: found.end(1)] if max(map(len, others)) <= len(found[1]) else text


def _without_ext(text: str) -> tuple[str, str]:
    found = _APART.search(text)
    if found is None or _count(text[: found.start()]) < 3:  # 9,1212...: the pause of a prefix
        return text.rstrip("# "), ""
    ext = re.findall(r"[0-9]+", found[1] or found[2])
    return text[: found.start()], ",".join(ext)


def _spelt(text: str) -> str:
    """A word after a freephone code as digits; any other after a number is a remark."""
    found = _WORD.fullmatch(text)
    if found and _FREEPHONE.fullmatch(_PUNCTUATION.sub("", found[1])):
        return found[1] + found[2].upper().translate(_KEYS) + found[3]
    after = None if _MASKED.search(text) else _AFTER.search(text)
    return text[: after.start()] if after and _count(text[: after.start()]) >= 6 else text


def _digits(text: str) -> str:
    before = _BEFORE_PLUS.match(text)
    text = f"+{text[before.end() :]}" if before else text
    zero = _OPTIONAL_ZERO.match(text)
    if zero:
        text = f"+{zero[1]}{'0' * (zero[1] in _ZERO_STAYS)}{text[zero.end() :]}"
    return _PUNCTUATION.sub("", text)
