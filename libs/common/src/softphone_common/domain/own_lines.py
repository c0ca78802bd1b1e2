"""The lines of a device's table of extensions, found by any spelling of them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.domain.numbers.notation.sip import parse_uri
from softphone_common.domain.numbers.text import only_digits

Number = Callable[[str], RemoteNumber]
"""Normalises a text by the number profile of the device."""

_TAIL = 4
"""Digits at the end of a number by which the lines that may have the number are found. They follow
one another in the line, whatever signs and further digits are around them."""

_ENCODED = re.compile(r"[%&]")
"""Signs of digits that are encoded."""


class OwnLines:
    """A table from the sender's name of a line to the extension, or to several for a number.

    A spelling that two lines with different extensions share finds none of them. Numbers of lines
    are normalised when a text may be one of them, because a table has up to a thousand lines.
    """

    def __init__(self, extensions: Mapping[str, str]) -> None:
        self._extensions = extensions
        self._by_name: dict[str, str | None] = {}
        for line, extension in extensions.items():
            for name in _names_of_line(line):
                if self._by_name.setdefault(name, extension) != extension:
                    self._by_name[name] = None
        parts = {part for listed in extensions.values() for part in listed.split(",")}
        self._names = {*self._by_name, *(name for part in parts for name in _names_of_line(part))}
        self._lines = _Numbers(extensions)
        self._own = _Numbers(parts)

    def extension_of(self, text: str, number: Number) -> str | None:
        """The entry of the table for a line in this spelling, else None."""
        if text in self._extensions:
            return self._extensions[text]
        if not text.strip():
            return None
        named = (self._by_name.get(name) for name in _names(text))
        found = next((extension for extension in named if extension is not None), None)
        if found is not None:
            return found
        listed = {self._extensions[line] for line in self._lines.with_number_of(text, number)}
        return listed.pop() if len(listed) == 1 else None

    def has(self, text: str, number: Number) -> bool:
        """Whether this is a line of the table or one of its extensions, in any spelling."""
        if not text.strip():
            return False
        if any(name in self._names for name in _names(text)):
            return True
        own = (self._lines, self._own)
        return any(next(iter(each.with_number_of(text, number)), None) for each in own)


class _Numbers:
    """The numbers of lines, found by the digits that end the number that is looked for."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._by_tail: dict[str, set[str]] = defaultdict(set)
        self._others: list[str] = []
        self._e164: dict[str, str | None] = {}
        for line in lines:
            digits = only_digits(line)
            if not line.isascii() or _ENCODED.search(line):
                self._others.append(line)
            for end in range(min(_TAIL, len(digits)), len(digits) + 1):
                self._by_tail[digits[max(0, end - _TAIL) : end]].add(line)

    def with_number_of(self, text: str, number: Number) -> Iterable[str]:
        """The lines whose number in E.164 is that of the text."""
        e164 = number(text).e164 if self._by_tail or self._others else None
        if e164 is None:
            return
        # a line with few digits has them alone as its tail
        tails = (e164[-length:] for length in range(1, _TAIL + 1))
        likely = {line for tail in tails for line in self._by_tail.get(tail, ())}
        for line in [*likely, *self._others]:
            if line not in self._e164:
                self._e164[line] = number(line).e164
            if self._e164[line] == e164:
                yield line


def _names(text: str) -> list[str]:
    """The forms a text is compared in, the most exact first."""
    low, user, host = _parts(text)
    # a line without a host is that line at any host, and a text without one any host's line
    return [low, f"{user}@{host}", f"{user}@*"] if host else [low, user, f"*@{user}"]


def _names_of_line(text: str) -> list[str]:
    low, user, host = _parts(text)
    return [low, f"{user}@{host}", f"*@{user}"] if host else [low, user, f"{user}@*"]


def _parts(text: str) -> tuple[str, str, str]:
    low = text.strip().casefold()
    uri = parse_uri(low)
    return low, uri.user.strip(" '\"/"), uri.host
