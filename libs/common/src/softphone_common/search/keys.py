"""Computes the keys by which texts and numbers are found: beginnings of words, parts of numbers.

A search asks for equal keys only, so one index answers it in the order of the list. A pattern on
words would need a sort of everything that it fits.
"""

import re
import unicodedata
from collections.abc import Iterator

from softphone_common.domain.numbers.text import only_digits

WORD_MIN, WORD_MAX = 2, 12
"""Characters of the shortest and of the longest beginning of a word that is a key."""
DIGITS_MIN, DIGITS_MAX = 3, 7
"""Digits of the shortest and of the longest part of a number that is a key."""
TERMS_MAX = 12
"""Keys that one search asks for."""
RUN_MAX = 24
"""Digits of a number that are read."""

_DIGITS = re.compile(r"(?<![^\W_])\+?\(?[0-9](?:[0-9\s()/.+-]*[0-9])?(?![^\W_])")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans({"ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i"})
_VOWEL_E = re.compile("(?<=[aou])e")


def folded(text: str) -> str:
    """The text in small letters without accents. Müller, Mueller and Muller are equal then.

    The letters of a beginning are the beginning of the letters, so that `Muel` begins `Müller`.
    """
    if text.isascii():
        return _VOWEL_E.sub("", text.lower())
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return _VOWEL_E.sub("", letters)


def numbers_and_words(text: str) -> tuple[list[str], list[str]]:
    """The digits of each number in a text, and its words; digits may be grouped in any way."""
    numbers: list[str] = []

    def take(match: re.Match[str]) -> str:
        digits = only_digits(match[0])
        if len(digits) < DIGITS_MIN:
            return match[0]
        numbers.append(digits[:RUN_MAX])
        return " "

    rest = _DIGITS.sub(take, folded(text))
    return numbers, _WORD.findall(rest)


def text_keys(text: str) -> Iterator[str]:
    """The keys of a text, those of its first words first."""
    numbers, words = numbers_and_words(text)
    for word in words:
        for length in range(WORD_MIN, min(len(word), WORD_MAX) + 1):
            yield word[:length]
    for digits in numbers:
        yield digits[:WORD_MIN]  # two digits are searched as a word
        yield from number_parts(digits)


def search_terms(text: str) -> tuple[str, ...]:
    """The keys that must be there for something to be found by this text, the longest first.

    Empty if no word and no number of the text is long enough.
    """
    numbers, words = numbers_and_words(text.replace("(0)", ""))
    terms = [word[:WORD_MAX] for word in words if len(word) >= WORD_MIN]
    for digits in numbers:
        terms += _windows(digits[2:] if digits.startswith("00") else digits)
    return tuple(sorted(dict.fromkeys(terms), key=len, reverse=True))[:TERMS_MAX]


def number_parts(digits: str) -> Iterator[str]:
    """The keys of a number with these digits."""
    for length in range(DIGITS_MIN, DIGITS_MAX + 1):
        for start in range(len(digits) - length + 1):
            yield f"#{digits[start : start + length]}"


def _windows(digits: str) -> Iterator[str]:
    """Parts that cover the digits, each overlapping the next, so that their order is kept."""
    last = max(0, len(digits) - DIGITS_MAX)
    for start in {*range(0, last, DIGITS_MIN), last}:
        yield f"#{digits[start : start + DIGITS_MAX]}"
