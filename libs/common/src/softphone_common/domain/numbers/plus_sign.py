"""Reads numbers whose plus is at a wrong place, or was written as a minus."""

import re

from softphone_common.domain.numbers import plan
from softphone_common.domain.numbers.several import DOUBTFUL, Find, first_number

_AFTER_CODE = re.compile(
    r"[\s(]*(?:00?|011)?([1-9][0-9]{0,2})\s*\)?[\s./(-]*\++[\s)]*(?=[0-9(])"  # 1+951, 44 (+) 20
)
_FOREIGN = re.compile(
    r"(?P<american>1[\s.-]+(?=\(?[2-9][0-9]{2}\)?[\s./-]+[0-9]{3}[\s.-]+[0-9]{4}\s*$))?"
    r"(?:(?(american)|8[\s.-]+(?=\(?[0-9]{3}\)?[\s.-]+[0-9]{3}[\s-][0-9]{2}[\s-][0-9]{2}\s*$)))"
    r"(?P<national>.*)"
)
"""The trunk prefix of North America or Russia with the groups that are usual there only."""
_MINUS = re.compile(r"[\s(]*(?:-\s*)*-(\s*)(?=[1-9(])")
_LISTED = re.compile(r"[\s(]*[0-9]{1,3}[\s)]+-\s*\+")
_RUN = re.compile(r"[0-9\s()./-]*[0-9]")
_MINUS_MIN = 8
"""Digits from which a number behind a minus may be international; `-21` is a direct line."""


def mend_plus(text: str, outside_prefix: str, find: Find) -> str:
    """The text with its plus in front: `1+951...` and `-44...` as `+1 951...` and `+44...`.

    DOUBTFUL where the digits read as numbers of two countries. Any other text stays as it is.
    """
    if _LISTED.match(text):
        return DOUBTFUL
    after_code = _AFTER_CODE.match(text)
    if after_code and plan.is_country_code(after_code[1]) and after_code[1] != outside_prefix:
        return _after_code(after_code[1], text[after_code.end() :], find)
    foreign = _FOREIGN.fullmatch(text)
    if foreign and outside_prefix not in {"1", "8"}:
        number = find(f"+{'1' if foreign['american'] else '7'} {foreign['national']}")
        return number.e164 if number and number.is_valid else DOUBTFUL
    minus = _MINUS.match(text)
    if minus and sum(map(str.isdecimal, text)) >= _MINUS_MIN:
        return _behind_minus(text[minus.end() :], minus[1] == "", find)
    return text


def _after_code(code: str, rest: str, find: Find) -> str:
    run = _RUN.match(rest)
    digits = first_number(f"+{code} {run[0]}", find).text[len(code) + 2 :] if run else ""
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
    texts = [first_number(text, find).text for text in (f"+{digits}", digits)]
    if DOUBTFUL in texts:
        return DOUBTFUL
    # without its signs, since the groups abroad may be those at home
    abroad, home = find(texts[0]), find(re.sub(r"[^0-9]", "", texts[1]))
    is_abroad = abroad is not None and abroad.is_valid
    # a dash may also stand before a number as before an item of a list. A number of an open plan is
    # never written without its zero then, but its digits read as a number of almost anything.
    is_at_home = home is not None and home.is_valid and not (touches and home.is_of_open_plan)
    if abroad is not None and home is not None and abroad.e164 == home.e164:
        return rest
    if is_abroad and not is_at_home:
        return f"+{rest}" if touches else DOUBTFUL
    return rest if is_at_home and not is_abroad and not touches else DOUBTFUL
