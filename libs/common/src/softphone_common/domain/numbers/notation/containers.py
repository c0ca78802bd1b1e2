"""Takes a number out of the format of the program it comes from.

These are vCard, the links of messengers, the canonical addresses of TAPI and Outlook, and
spreadsheets. Only a text that has the whole form of such a format is changed.
"""

import re

# RFC 6350, 3.4: a value escapes backslash, comma, semicolon and newline by a backslash. Some
# programs escape every other sign as well.
_VCARD_ESCAPE = re.compile(r"\\(.)", re.S)
_VCARD_LINE = re.compile(r"(?:[\w-]+\.)?TEL(?:;[\w-]+(?:=[^:;]*)?)*:\s*", re.I)
_VCARD_EXTENSION = re.compile(r";\s*=\s*ext=", re.I)

# click to chat, which has the number in E.164 without its plus; ids of people and groups are in
# other paths: wa.me/qr/..., wa.me/message/..., chat.whatsapp.com/..., signal.me/#eu/...
_NUMBER = r"[\s+]*(?P<digits>[1-9][0-9\s().-]{6,24})"
_LINKS = (
    rf"(?:wa\.me|t\.me(?=/[\s+]))/{_NUMBER}/?(?:[?#&].*)?",
    rf"signal\.me/#p/{_NUMBER}/?",
    rf"(?:(?:api\.|web\.|www\.)?whatsapp\.com/send/?|wa\.me/(?:send/?)?)\?(?:[^#]*&)?phone={_NUMBER}(?:[&#].*)?",
)
_APPS = (
    rf"whatsapp:(?://)?[a-z_]+/?\?(?:[^#]*&)?phone={_NUMBER}(?:[&#].*)?",
    rf"viber:(?://)?(?:chat|contact|add|call|keypad)/?\?(?:[^#]*&)?number={_NUMBER}(?:[&#].*)?",
    rf"tg:(?://)?resolve/?\?(?:[^#]*&)?phone={_NUMBER}(?:[&#].*)?",
    rf"sgnl:(?://)?signal\.me/#p/{_NUMBER}/?",
    rf"whatsapp:(?://)?{_NUMBER}",
)
_MESSENGERS = tuple(
    re.compile(pattern, re.I | re.S)
    for pattern in (*(rf"(?:https?://)?(?:www\.)?{link}" for link in _LINKS), *_APPS)
)
_LINK_IN_REMARK = re.compile(r"(?:\D*?[\s:<(\[\"'])??(?P<link>[^\s<>()\"']+)[>)\]\"']?(?:\s\D*)?")
_MESSAGE_SCHEME = re.compile(
    r"(?:sms|smsto|mms|imessage|facetime(?:-audio)?):(?://)?(?=[+0-9(])", re.I
)

# TAPI's canonical address: +49 (89) 99998001 | subaddress ^ name
_TAPI_NAME = re.compile(r"(?<=[0-9)|])\s*\^.*", re.S)

# RFC 2045, 6.7: quoted-printable, as vCard 2.1 has it. Codes without a letter could also be digits
# behind a = for a dash.
_QUOTED_PRINTABLE = re.compile(r"=(2[BCDF]|3[ABD]|0[AD])")

_BREAK = re.compile(r"<br\s*/?>", re.I)
_NO_BREAK_SPACE = re.compile(r"&(?:nbsp|#160|#xa0);", re.I)
# a remark in pointed brackets, not the address of a caller who is withheld
_POINTED_WORD = (
    r"<(?!anonym|private|unknown|unbekannt|withheld|restricted|unavailable)[^\W\d_][^<>0-9@:]*>\s*"
)
_POINTED = re.compile(rf"(?<=[0-9)])\s*{_POINTED_WORD}$|^\s*{_POINTED_WORD}(?=[+(]?[0-9])", re.I)

_POINT_ZERO = re.compile(r"(\s*\+?(?:[0-9]{7,}(?=\.0+\s*$)|[0-9]+(?=\.00?\s*$)))\.0+\s*")
_COMMA_ZERO = re.compile(r"(\s*\+?[1-9][0-9]{8,}),00?\s*")
_WHOLE = re.compile(r"([0-9]+)\.0+")
_FRACTION = re.compile(r"(\s*\+?[0-9]{9,})\.([0-9]{1,2})\s*")
_THOUSANDS_DAMAGED = re.compile(r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3}){2,}|(?:,[0-9]{3})+,[0-9]{1,2})")
_THOUSANDS_OF_POINTS = re.compile(r"(\s*\+?[1-9][0-9]{0,2}(?:[.' ][0-9]{3}){2,}),00?")
_AMOUNT = re.compile(r"""(=?["']|)(.*?)(["']?(?:\s+\D*|\s*[(\[]\D*)?)""", re.S)
"""An amount with its quotes and a remark around."""
_THOUSANDS = re.compile(r"(\s*\+?[1-9][0-9]{0,2})((?:,[0-9]{3}){2,})(?:\.00?)?\s*")
NO_NUMBER = "…"
"""A sign that is no part of a number, in the place of one that would read as such."""

_THOUSANDS_MIN = 10
"""Digits a number with thousands separators needs: 201,202,203 may be three extensions."""


def unwrap(text: str) -> str:
    """The text without such a format; any other text as it is."""
    text = _VCARD_LINE.sub("", text, count=1) if text[:1].isalpha() or "TEL" in text[:12] else text
    if "\\" in text:
        text = _VCARD_EXTENSION.sub(";ext=", _VCARD_ESCAPE.sub(_unescape, text))
    if "=" in text:
        text = _QUOTED_PRINTABLE.sub(lambda code: chr(int(code[1], 16)), text)
    if "<" in text or "&" in text:
        text = _POINTED.sub("", _NO_BREAK_SPACE.sub(" ", _BREAK.sub("\n", text)))
    text = _TAPI_NAME.sub("", text, count=1)
    amount = _AMOUNT.fullmatch(_from_messenger(text))
    return amount[1] + _from_spreadsheet(amount[2]) + amount[3] if amount else text


def without_decimals(text: str) -> str:
    """A whole number without the `.0` that a column of decimals gives it; any other text as it is.

    Not for ids, where 41.1 and 41.10 differ.
    """
    match = _WHOLE.fullmatch(text)
    return match[1] if match else text


def _unescape(escape: re.Match[str]) -> str:
    if escape[1].isdecimal():  # no sign that vCard escapes, so it parts the digits
        return f"/{escape[1]}"
    return {"n": "\n", "r": "\n", "\\": ""}.get(escape[1].lower(), escape[1])


def _from_messenger(text: str) -> str:
    bare = text.strip()
    in_remark = _LINK_IN_REMARK.fullmatch(bare)
    for link in (bare, in_remark["link"] if in_remark else ""):
        matches = (pattern.fullmatch(link) for pattern in _MESSENGERS)
        match = next(filter(None, matches), None)
        if match:
            return f"+{match['digits']}"
    return _MESSAGE_SCHEME.sub("", bare, count=1) if _MESSAGE_SCHEME.match(bare) else text


def _from_spreadsheet(text: str) -> str:
    """The text without the decimals and commas of a number that is formatted as an amount."""
    decimal = (
        _POINT_ZERO.fullmatch(text)
        or _COMMA_ZERO.fullmatch(text)
        or _THOUSANDS_OF_POINTS.fullmatch(text)
    )
    if decimal:
        return decimal[1]
    thousands = _THOUSANDS.fullmatch(text)
    digits = thousands and thousands[1] + thousands[2].replace(",", "")
    if digits and len(digits.strip("+ ")) >= _THOUSANDS_MIN:
        return digits
    # a fraction, or fewer digits, are no number at all: neither one with a further digit, nor an
    # extension with digits to dial behind it
    if _FRACTION.fullmatch(text):
        return text.replace(".", NO_NUMBER)
    return text.replace(",", NO_NUMBER) if _THOUSANDS_DAMAGED.fullmatch(text.strip()) else text
