"""Separates a number from the words and marks that people put around it or right behind it.

A decoration is recognised by its form alone. The caller has to check that the rest is one
complete number, since a mask (`0899999XX`) or an id (`8CB6A4F8`) also begins with digits.
"""

import re
from dataclasses import dataclass

from softphone_common.domain.numbers.notation.extension_words import DIRECT_WORD, EXTENSION_WORD

_PARTS = re.compile(
    r"(?P<lead>(?:[^0-9+(*#]|#(?=[^\W\d])|\((?=[^0-9+(*#]))*)"
    r"(?P<core>\(?\s*\+?\s*\(?[0-9](?:(?:[0-9\s()/_=-]|\.(?!\.))*[0-9)])?)(?P<tail>.*)",
    re.S,
)
# ATDT of a modem, T or P for tone or pulse, and the digit for an outside line with its pause
_BEFORE_DIALLING = re.compile(
    r"(?:(?i:(?:AT)?D?[TP])\s*(?=[+(0-9]))?(?:[09]\s*[W,]+\s*(?=[+(]?[0-9]))?"
)
_EMPTY_BRACKETS = re.compile(r"[(\[{<][^\w+*#]*[)\]}>]")
_LINK = re.compile(r"://|@|\w\.[a-z]{2,}/", re.I)
_CHANNEL = re.compile(r"^[^\W\d_]+/[^\W_]")  # DAHDI/i1/..., though of a form that is not known
_EQUALS = re.compile(r"(?<=[0-9)])=(?=[0-9(])")
_EXTENSION_LEAD = re.compile(rf"{EXTENSION_WORD}[\s.:=]*", re.I)

# a star or points that touch the digits stand for others, as several stars always do
_MASK = re.compile(r"\s*x{2,}(?!\w)|x+[0-9]|[*_]|#(?![^\W\d_])|\s*…|\.{2}|\s*\*{2}", re.I)
_DOUBTFUL = frozenset("?*")
_MASK_BEHIND = re.compile(r"(?<![^\W\d_])x{2,}(?![^\W\d_])", re.I)
_DIRECT = re.compile(rf"(?<![^\W\d_]){DIRECT_WORD}[.:]*\s*-?\s*[0-9]", re.I)
_MARKS = re.compile(r"[^\w#…]+")
_REMARK = re.compile(r"(?:[^\w…]|_)*[^\W\d_]{2}[^…]*", re.S)
_NEXT = re.compile(r"(?:[^\w…*]|_)+[+(0](?:[^0-9…*]*[0-9]){6}", re.S)
"""Another number behind marks, as in a list: `"089...", "0171..."` or `089... -> 0171...`."""
_GLUED_WORD = re.compile(
    r"(?:or|oder|und|and|ou|et|press|push|dial|opt(?:ion)?|tty|tdd|text|sms|fax|tel|mobile?|cell|"
    r"home|work|office|main|ask|w)(?=$|[^a-z])",
    re.I,
)
# glued to the number that follows; other words with digits are ids: DID-420222000320, RE0891234567
_PHONE_WORD = re.compile(
    r"(?:t[eé]l(?:efon)?|phone|mobile?|mobil|handy|cell|fax|tty|tdd|home|work|office|b[uü]ro|buero|"
    r"privat|zentrale|empfang|main|direct|call)[.:]?",
    re.I,
)
# its first mark is stripped with the blanks around the text
_QUOTED = re.compile(r".*[\"'“”„«»‘’][\s:=-]*", re.S)
# Room 2 089..., but not 8 (495) of Russia and 1 (212) of America
_DIGITS_OF_LEAD = re.compile(r"[0-9]{1,3}\s+[+0]|(?:[0-9]{2,3}|[02-79])\s+\(")
# a word, also with a digit behind it, or an abbreviation; but not the letters of an id
_GLUED = re.compile(
    r"(?=[a-f]*[g-z\u0080-\uffff])[^\W\d_]{3,}(?:[0-9]{1,2}(?![0-9])|(?![\w*]))"
    r"|[^\W\d_]{1,2}[.-](?=[^\W\d_])",
    re.I,
)
_NAMED = re.compile(
    r"(?P<digits>[0-9]{1,8})(?:\s+[-|/]\s*|\s*[:=,;|]\s+|\s+[\"'“”„«‘’])[^\W\d_][^0-9*#+]*"
    r"|[^\W\d_][^0-9*#+:]*\s-\s+(?P<behind>[0-9]{1,8})",
    re.S,
)


@dataclass(frozen=True, slots=True)
class Bare:
    """A text without its decoration, which follows in `behind`.

    `is_doubtful`: the decoration may stand for missing digits. `has_dash`: a dash is in front of
    digits that begin with neither zero nor plus, so that it may stand for the plus.
    """

    text: str
    behind: str
    is_doubtful: bool
    has_dash: bool


def undecorate(text: str) -> Bare | None:
    """The number in a decorated text; None where there is no decoration, or one of another kind."""
    if _LINK.search(text) or _CHANNEL.search(text):
        return None
    plain = _BEFORE_DIALLING.sub("", _EMPTY_BRACKETS.sub(" ", text).strip(), count=1)
    plain = _EQUALS.sub("-", plain)
    parts = _PARTS.fullmatch(plain)
    if parts is None or not _is_lead(parts["lead"], parts["core"]) or not _is_tail(parts["tail"]):
        return None
    bare = parts["core"].strip()
    is_doubtful = not _DOUBTFUL.isdisjoint(parts["tail"]) or _NEXT.match(parts["tail"]) is not None
    has_dash = parts["lead"].rstrip().endswith("-") and bare[0] not in "+0("
    return None if bare == text else Bare(bare, parts["tail"], is_doubtful, has_dash)


def extension_with_name(text: str) -> str:
    """The digits of an extension with its name behind, as in `21 - Empfang`; else empty."""
    match = _NAMED.fullmatch(text.strip())
    return match["digits"] or match["behind"] if match else ""


def _is_lead(lead: str, core: str) -> bool:
    """Whether the text before a number says only what number it is."""
    words = lead.strip()
    if not words:
        return True
    is_mark = _EXTENSION_LEAD.fullmatch(words) or lead[-1] in "*#_" or "…" in lead
    # a sign that took the place of a plus in another encoding: ?4989...
    is_plus = lead[-1] in "?¿\ufffd" and core[0] not in "+0("
    if is_mark or is_plus or _DIGITS_OF_LEAD.match(core):
        return False
    if not any(map(str.isalpha, words)):
        return words[-1] != "-"
    if _PHONE_WORD.fullmatch(words) or _QUOTED.fullmatch(words):
        return True
    # an id is digits alone, and has a word such as "customer" before it
    is_phone = core[:1] in "+0(" or re.search(r"[\s/.)-]", core) is not None
    return is_phone and ((not lead[-1].isalnum() and lead[-1] != "-") or lead.endswith(" - "))


def _is_tail(tail: str) -> bool:
    if not tail.strip():
        return True
    if _MASK.match(tail) or _MASK_BEHIND.search(tail) or _DIRECT.search(tail):
        return False
    if tail[0].isalpha():
        return bool(_GLUED_WORD.match(tail) or _GLUED.match(tail))
    return bool(_MARKS.fullmatch(tail) or _REMARK.fullmatch(tail) or _NEXT.match(tail))
