"""Shows a number of a workbook as its cell does: as a date, or with zeros and a plus in front."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Self

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook has no time zones
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""The built-in formats of dates and times (ECMA-376, 18.8.30)."""

_DIGITS_MAX = 15
"""Digits that a spreadsheet keeps of a number; it replaces all others by zeros."""

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[[^\]]*\]')
_DATE_CODE = re.compile(r"[dmyhs]", re.I)
_PLACEHOLDER = re.compile(r"[0#?]")
_NO_DIGITS = re.compile(r"[.,%@]|E[+-]")
"""Signs that show a number otherwise than digit by digit."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """Whether a cell shows a date, the prefix it shows, and the least digits of a number."""

    is_date: bool = False
    prefix: str = ""
    least: int = 1

    @classmethod
    def of(cls, number: int, code: str) -> Self:
        """The format with this id and, if it is none of the built-in ones, this code."""
        section = code.partition(";")[0]
        bare = _LITERAL.sub(lambda match: "_" * len(match[0]), section)
        if number in _DATES or _DATE_CODE.search(bare.replace("General", "")):
            return cls(is_date=True)
        first = _PLACEHOLDER.search(bare)
        if first is None or _NO_DIGITS.search(bare):
            return cls()
        before = _LITERAL.sub(lambda match: match[1] or match[2] or "", section[: first.start()])
        placeholders = "".join(_PLACEHOLDER.findall(bare))
        return cls(
            prefix=re.sub(r"[^+0-9]", "", before),
            least=len(placeholders) - placeholders.find("0") if "0" in placeholders else 1,
        )


PLAIN = NumberFormat()


def show_number(text: str, shape: NumberFormat, *, since_1904: bool = False) -> str:
    """The text of a cell with a number. Raises ValueError for a text that is no number.

    A number of more digits than a spreadsheet keeps is shown as `4.98E+18`.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not number.is_finite() or abs(number.adjusted()) > 300:
        raise ValueError(text)
    if shape.is_date:
        return _date(number, since_1904=since_1904)
    if number != number.to_integral_value():
        return str(float(number))
    digits = str(abs(int(number)))
    if len(digits) > _DIGITS_MAX:
        return f"{number:.14E}"
    sign = "-" if number < 0 else ""
    return sign + shape.prefix + digits.zfill(shape.least)


def _date(number: Decimal, *, since_1904: bool) -> str:
    """A date, a time or both, as ISO 8601 writes them."""
    seconds = round(number * 86400)
    try:
        moment = (_EPOCH_1904 if since_1904 else _EPOCH) + timedelta(seconds=seconds)
    except OverflowError:
        return str(number)
    if 0 < number < 1:
        return moment.time().isoformat()
    return moment.date().isoformat() if seconds % 86400 == 0 else moment.isoformat(sep=" ")
