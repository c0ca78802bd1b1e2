"""Reads numbers whose plus is at a wrong place, or was written as a minus."""

import re

from softphone_common.domain.numbers import plan
from softphone_common.domain.numbers.several import DOUBTFUL, Find, first_number

_AFTER_CODE = re.compile(r"\(?\s*(?:00|011)?([1-9][0-9]{0,2})\s*\)?[\s./-]*\+\s*(?=[0-9(])")
_MINUS = re.compile(r"-(\s*)(?=[1-9(])")
_RUN = re.compile(r"[0-9\s()./-]*[0-9]")
_MINUS_MIN = 8
"""Digits from which a number behind a minus may be international; `-21` is a direct line."""


def mend_plus(text: str, outside_prefix: str, find: Find) -> str:
    """The text with its plus in front: `1+951...` and `-44...` as `+1 951...` and `+44...`.

    DOUBTFUL where the digits read as numbers of two countries. Any other text stays as it is.
    """
    after_code = _AFTER_CODE.match(text)
    if after_code and plan.is_country_code(after_code[1]) and after_code[1] != outside_prefix:
        return _after_code(after_code[1], text[after_code.end() :], find)
    minus = _MINUS.match(text)
    if minus and sum(map(str.isdecimal, text)) >= _MINUS_MIN:
        return _behind_minus(text[minus.end() :], minus[1] == "", find)
    return text


def _after_code(code: str, rest: str, find: Find) -> str:
    run = _RUN.match(rest)
    digits = run[0] if run else ""
    number, without_code = find(f"+{code} {digits}"), find(f"+{digits}")
    if code == "1" and digits.lstrip("( ").startswith("0"):
        return DOUBTFUL  # North America has no trunk prefix, so this is a number of another country
    is_same_country = without_code is not None and without_code.e164.startswith(f"+{code}")
    if number is None or not number.is_valid:
        # the country code was written twice; another country was never meant
        return f"+{rest}" if is_same_country else DOUBTFUL
    is_doubtful = (
        is_same_country
        and without_code is not None
        and without_code.is_valid
        and without_code.e164 != number.e164
    )
    return DOUBTFUL if is_doubtful else f"+{code} {rest}"


def _behind_minus(rest: str, touches: bool, find: Find) -> str:
    run = _RUN.match(rest)
    digits = run[0] if run else ""
    abroad, at_home = find(f"+{digits}"), find(first_number(digits, find).text)
    is_abroad = abroad is not None and abroad.is_valid
    # a dash may also stand before a number as before an item of a list. A number of an open plan is
    # never written without its zero then, but its digits read as a number of almost anything.
    is_at_home = (
        at_home is not None and at_home.is_valid and not (touches and at_home.is_of_open_plan)
    )
    if abroad is not None and at_home is not None and abroad.e164 == at_home.e164:
        return rest
    if is_abroad and not is_at_home:
        return f"+{rest}"
    return rest if is_at_home and not is_abroad and not touches else DOUBTFUL
