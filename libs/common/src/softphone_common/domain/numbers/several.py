"""Finds the first of several numbers in one field, and the further numbers behind it.

A slash or a blank may group the digits of one number or part two numbers. The numbering plan
decides: a text is cut where a complete number ends, and is doubtful where both readings are usual.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from softphone_common.domain.numbers.notation.extension_words import EXTENSION_WORD
from softphone_common.domain.numbers.notation.grouping import has_prefix, numbers_behind
from softphone_common.domain.numbers.plan import PlanNumber

Find = Callable[[str], PlanNumber | None]
"""Reads a text as one number."""

DOUBTFUL = "?"
"""Stands for a text with more than one reading, and is no number itself."""

_ONLY_NUMBERS = re.compile(r"[0-9\s()./|&:;,~+_'-]*")
_SIGN = re.compile(
    r"\s*(?P<sign>:+|\|+|[/&;,~\n]|(?<=\s)-|\+(?=[0-9]{1,3}$))\s*(?P<hyphen>-?)\s*(?=[0-9+(])"
)
_GAP = re.compile(r"\s+(?=[0-9+(])|(?<=[0-9])(?=[+(])")
_BLANK = re.compile(r"(?<=[0-9)]) +(?=[0-9(])")
_SPAN = re.compile(r"\s?-\s?([0-9]{1,4})\s?-\s?([0-9]{1,4})$")
_RUN = re.compile(r"[0-9\s()./-]*[0-9]")
_POINT_ZERO = re.compile(r"(?<=[0-9)])[\s'_-]*\.00?(?![0-9])")
_HOURS = re.compile(
    r"(?<=[0-9)])[\s.'_-]*\((?P<range>[0-9:.]+\s*-\s*[0-9:.]+)\)"  # (8-17)
    r"|(?<=[0-9)])[\s.'_-]*\((?:[0-9]{1,2}\)(?![ \t]*[0-9])|[0-9][0-9\s]{0,4}\)$)"  # (12)
    r"|(?<=[0-9)])\s+(?:[0-9]{1,2}\s?-\s?[0-9]{1,2}|24/7)$"  # 8-17 Uhr
)
_HYPHEN_END = re.compile(r"(?<=[0-9)])-[0-9]{1,4}$")
_DIRECT_LINE = re.compile(r"[0-9]\s*-\s*[0-9]{1,5}$")
_FOURTH_GROUP = re.compile(r"(?<=[0-9])(?:\s?-{1,2}\s?|\s?\.\s?|\s)([0-9]{1,6})$")
_FIRST_GROUP = re.compile(r"[0-9]{1,4}[\s-]+(?=0)")

_ORDINAL = re.compile(r"(?<=[0-9)])(?:\s*[,;_-]\s*|\.\s+|\s+[-/|:]?\s*)[0-9]{1,2}\.\s*[^\W\d_]{2}")
_COUNT = re.compile(r"(?<=[0-9)])\s+[0-9]{1,2}\s+[^\W\d_]{2}")

_WORD = r"(?<![^\W\d_])(?:oder|or|und|and|u\.|ou|et|o|y|e)(?![^\W\d_])"
_BREAK = re.compile(
    rf"\s*(:+|[,;|&~\n]|(?<=\s)[-+](?=\s)|{_WORD}|\s{{2,}}|\s(?=\+)|(?<=[0-9])(?=\+))\s*", re.I
)
_EXTENSION = re.compile(rf"(?<=[0-9])[\s/-]*{EXTENSION_WORD}[\s.:]*[0-9]{{1,8}}$", re.I)
_WORDS_IN_BRACKETS = re.compile(r"\([^()0-9]*\)")
_MARKS = re.compile(r"[-=]+>|[^\w\s()+./,;:|&~-]+")
_LABEL = re.compile(r"[^\W\d_]+[\s.:]*(?=[+(0])")
_JOINS_ENDS = frozenset("/&~") | {"u.", "und", "and", "oder", "or"}

_COMPLETE = 10
_COMPLETE_SUBSCRIBER = 7
_PART = 7
"""National digits, and digits without the area code, that make a number complete where the plan
has longer ones too; and the most national digits of a main number with direct lines behind it."""


@dataclass(frozen=True, slots=True)
class First:
    """The first number of a text, and the extension behind it that the plan tells from it."""

    text: str
    ext: str = ""


def is_complete(number: PlanNumber) -> bool:
    """Whether a number is in use and has the length of a subscriber with a direct line."""
    if number.subscriber == number.national:  # mobile numbers, and plans without area codes
        is_long = number.national > _COMPLETE_SUBSCRIBER and not number.is_of_open_plan
    else:
        is_long = number.subscriber >= _COMPLETE_SUBSCRIBER
    return number.is_valid and (is_long or number.national >= _COMPLETE)


def _is_whole_mobile(number: PlanNumber) -> bool:
    has_area_code = number.subscriber < number.national
    return number.is_of_open_plan and not has_area_code and is_complete(number)


def is_subscriber(digits: str, number: PlanNumber) -> bool:
    """Whether these digits can be a number in the area of the other: they have its length."""
    return digits.isdecimal() and len(digits) == number.subscriber >= _COMPLETE_SUBSCRIBER - 1


def first_number(text: str, find: Find) -> First:
    """The part of a text that is its first number; DOUBTFUL if that is not certain.

    A text that is one number or none stays as it is.
    """
    if not _ONLY_NUMBERS.fullmatch(text):
        return First(text)
    behind = _digits_behind(text, find)
    if behind is not None:
        return behind
    whole = find(text)
    for sign in _SIGN.finditer(text):
        number = find(text[: sign.start()])
        if number is None or not number.is_valid:
            continue
        if number.is_local and _hides_number(text[: sign.start()], text, find):
            return First(DOUBTFUL)
        match _reading(sign, number, whole, text[sign.end() :]):
            case "two":
                return first_number(text[: sign.start()], find)
            case "doubtful":
                return First(DOUBTFUL)
    return First(text) if whole is not None else _by_length(text, find)


def _hides_number(before: str, text: str, find: Find) -> bool:
    """Whether a text has digits in front of a complete number, as in `4711 0171/3920001`."""
    for behind in numbers_behind(before):
        run = _RUN.match(text, len(before) - len(behind))
        first = first_number(run[0], find).text if run else ""
        number = find(first)
        if first == DOUBTFUL or (number is not None and is_complete(number)):
            return True
    return False


def _is_glued(text: str, find: Find) -> bool:
    """Whether a number of an open plan goes on behind a complete one, as in `089 99998001 24/7`."""
    whole = find(text)
    if whole is None or not whole.is_of_open_plan:
        return False
    span = _SPAN.search(text)
    before = find(text[: span.start()]) if span and int(span[1]) < int(span[2]) else None
    parts = (find(text[: gap.start()]) for gap in _BLANK.finditer(text))
    is_span = before is not None and before.is_valid
    return is_span or any(part is not None and is_complete(part) for part in parts)


def _digits_behind(text: str, find: Find) -> First | None:
    """The number in front of a decimal zero; DOUBTFUL in front of hours or digits in brackets."""
    for zero in _POINT_ZERO.finditer(text):
        before = text[: zero.start()]
        number = find(before)
        if number is not None and is_complete(number):
            return First(DOUBTFUL) if "." in before else first_number(before, find)
    end = _HYPHEN_END.search(text)
    number = find(text[: end.start()]) if end else None
    # direct lines of mobile numbers are rare: an Austrian one may go on, or have an extension
    if number and _is_whole_mobile(number) and find(text):
        return First(DOUBTFUL)
    if _is_glued(text, find):
        return First(DOUBTFUL)
    for hours in _HOURS.finditer(text):
        number = find(text[: hours.start()])
        if number is not None and (hours["range"] or number.national > _PART):
            return First(DOUBTFUL)
    return None


def remark_with_digits(text: str, find: Find) -> First | None:
    """The number in front of a remark that begins with digits, as in `089 99998001 2. Stock`.

    DOUBTFUL without a point: the digits in front of a name can be the end of the number.
    """
    for pattern in (_ORDINAL, _COUNT):
        match = pattern.search(text)
        number = find(text[: match.start()]) if match else None
        if match is None or number is None:
            continue
        if pattern is _ORDINAL and number.is_valid:
            is_certain = is_complete(number)
            return first_number(text[: match.start()], find) if is_certain else First(DOUBTFUL)
        if is_complete(number):
            return First(DOUBTFUL)
    return None


def _reading(sign: re.Match[str], number: PlanNumber, whole: PlanNumber | None, tail: str) -> str:
    """Whether a sign behind a valid number parts two numbers or groups the digits of one."""
    if sign["sign"] == "-":
        is_whole = number.national >= _COMPLETE or not number.is_of_open_plan
        if whole is not None and is_whole and len(_digits(tail)) <= 3:
            return "doubtful"  # 99998301 - 03: more lines, or a direct line that makes it too long
        return "two" if whole is None and len(_digits(tail)) >= 5 else "one"
    # 10/-12 and 99998301/-02 name another end; two numbers in a row are too long for one
    has_direct_line = _DIRECT_LINE.search(sign.string[: sign.start()]) is not None
    is_too_long = whole is None and sign["sign"] == "/" and not number.is_of_open_plan
    if is_complete(number) or is_too_long or (sign["hyphen"] and has_direct_line):
        return "two"
    return "one" if number.national <= _PART and sign["sign"] == "/" else "doubtful"


def _by_length(text: str, find: Find) -> First:
    """Cuts a text that is too long for one number where a complete one ends."""
    if ".." in text:
        return First(DOUBTFUL)  # points may stand for digits that are left out
    firsts = dict(_cuts(text, find))
    return next(iter(firsts.values()), First(text)) if len(firsts) < 2 else First(DOUBTFUL)


def _cuts(text: str, find: Find) -> Iterator[tuple[str, First]]:
    for gap in _GAP.finditer(text):
        before = text[: gap.start()]
        number = find(before) if before.count("(") == before.count(")") else None
        # digits of a foreign number, of a date, or of an id also begin with a local number
        if number is None or not number.is_valid or number.is_local:
            continue
        tail = text[gap.end() :]
        is_prefix = tail[0] in "0+(" and is_complete(number)
        if is_prefix or is_subscriber(_digits(tail), number) or _begins_anew(tail, number, find):
            yield number.e164, first_number(before, find)
            if tail[0] in "+(" and is_complete(number):
                return  # no number goes on with a plus or an area code in brackets
    group = _FOURTH_GROUP.search(text)
    number = find(text[: group.start()]) if group else None
    if group and number is not None and number.is_valid and not number.is_local:
        # in 141 020 7946 0107 the first group is a code before the number, as Britain has them
        behind = find(_FIRST_GROUP.sub("", text, count=1)) if _FIRST_GROUP.match(text) else None
        if behind is not None and behind.is_valid:
            yield "", First(DOUBTFUL)
        # a number of another country without its plus, as 33 1 99 00 12 34 in Switzerland
        abroad = None if has_prefix(text) or number.country_code == 1 else find(f"+{text}")
        if abroad is not None and abroad.is_valid:
            yield "", First(DOUBTFUL)
        yield number.e164, First(text[: group.start()], group[1])


def _begins_anew(tail: str, first: PlanNumber, find: Find) -> bool:
    """Whether a text begins with a number that needs no area code from the one before."""
    if tail[0] not in "+0(" and first.is_of_open_plan:
        return False
    number = find(tail) or find(first_number(tail, find).text)
    return number is not None and number.is_valid and not number.is_local


def further_numbers(
    rest: str, first: PlanNumber, dialled_later: Collection[str], find: Find, written: str = ""
) -> Iterator[PlanNumber]:
    """The numbers in the text behind the first one, apart from what is dialled after the answer.

    Digits that are too few for a number replace as many at the end of the first, but only behind
    a sign that is usual for it: behind a comma they are an extension. `written` is the first
    number in its text: `-12` is in the place of the central office in `99998-0/-12`.
    """
    rest = _MARKS.sub(";", _WORDS_IN_BRACKETS.sub(" ", rest))
    parts = _BREAK.split(f"/{rest}" if rest[:1] == "-" else rest)
    are_ends = True
    for sign, text in zip(["", *parts[1::2]], parts[::2], strict=True):
        before = sign.strip().lower()
        part = _EXTENSION.sub("", _LABEL.sub("", text.strip(" ."), count=1))
        first_of_part = first_number(part.strip(" /"), find).text
        whole = _valid(first_of_part, first, find)
        if whole is not None:
            yield whole
            yield from further_numbers(part.partition(first_of_part)[2], whole, (), find)
            are_ends = False
            continue
        for piece in re.split(r"(/)", part):
            before = "/" if piece == "/" else before
            if not piece.strip(" /"):
                continue
            number = None
            if _digits(piece) not in dialled_later:
                number = _with_end(piece.strip(), before if are_ends else "", first, find, written)
            if number is not None:
                yield number
            are_ends = number is not None


def _valid(text: str, first: PlanNumber, find: Find) -> PlanNumber | None:
    if text[:1] not in {"+", "0", "("} and first.is_of_open_plan:
        return None
    number = find(text) if _ONLY_NUMBERS.fullmatch(text) else None
    return number if number is not None and number.is_valid else None


def _with_end(
    piece: str, sign: str, first: PlanNumber, find: Find, written: str
) -> PlanNumber | None:
    """The number that has these digits at its end, and is the first one otherwise."""
    digits = re.sub(r"[\s-]", "", piece)
    is_end = sign in _JOINS_ENDS or (sign != "" and piece.startswith("-"))
    is_end = is_end and digits.isdecimal() and len(digits) < first.subscriber
    if not is_end and not is_subscriber(digits, first):
        return None
    line = _DIRECT_LINE.search(written) if is_end and first.is_of_open_plan else None
    # the match begins with the last digit of the trunk
    replaced = min(len(digits), len(_digits(line[0])) - 1) if line else len(digits)
    number = find(first.e164[:-replaced] + digits)
    return number if number is not None and number.is_valid else None


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
