"""Joins the lists of two records: numbers, e-mail addresses and tags, each value once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Number = Mapping[str, Any]
WORDS = ("emails", "tags")
"""The fields that are lists of texts."""


def joined_words(kept: Sequence[str], more: Iterable[str]) -> list[str]:
    """The texts of both, without those that differ in their case only."""
    words = list(kept)
    known = {word.casefold() for word in words}
    for word in more:
        if word.casefold() not in known:
            known.add(word.casefold())
            words.append(word)
    return words


def joined_numbers(kept: Sequence[Number], more: Iterable[Number]) -> list[Number]:
    """The numbers of both. One in two spellings is the first, with what only the other says."""
    numbers = {number_key(number): number for number in kept}
    for number in more:
        known = numbers.setdefault(number_key(number), number)
        digits = max(known.get("extension_digits", 0), number.get("extension_digits", 0))
        label = known.get("label") or number.get("label", "")
        numbers[number_key(number)] = {**known, "label": label, "extension_digits": digits}
    return list(numbers.values())


def number_key(number: Number) -> tuple[str, str]:
    """The key that all spellings of a number share; the text of one that can't be read."""
    if number.get("e164"):
        return number["e164"], number.get("ext", "")
    return "", number["number"].strip()


def followed_words(
    current: Sequence[str], before: Iterable[str], now: Iterable[str], others: Iterable[str]
) -> list[str]:
    """The texts after a source has others than before; those that `others` have stay."""
    kept = {word.casefold() for word in (*now, *others)}
    gone = {word.casefold() for word in before} - kept
    return joined_words([word for word in current if word.casefold() not in gone], now)


def followed_numbers(
    current: Sequence[Number],
    before: Iterable[Number],
    now: Sequence[Number],
    others: Iterable[Number],
) -> list[Number]:
    """The numbers after a source has others than before; those that `others` have stay."""
    kept = {number_key(number) for number in (*now, *others)}
    gone = {number_key(number) for number in before} - kept
    # a number in a new spelling that is read alike stays as it is
    return joined_numbers([each for each in current if number_key(each) not in gone], now)
