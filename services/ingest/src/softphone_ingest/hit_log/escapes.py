"""Undoes the escapes of URLs, JSON, XML and C, and knows where each character was written."""

import re
from bisect import bisect_right
from dataclasses import dataclass

_ESCAPE = re.compile(
    r"%([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\([\"\\/bfnrt])"
    r"|\\([0-3][0-7]{2})"
    r"|&(?:#[xX]([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));|(\+)"
)
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LEVELS = 4
"""A text is decoded this often less one: more escapes within escapes are no accident."""
_ESCAPES_MAX = 5000

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text without one level of escapes. Characters stand for bytes, as in a HitRequest."""

    text: str
    begins: list[int]
    ends: list[int]
    sources: list[Span]
    """Where the characters of each escape begin and end in `text`, and where it stood before."""

    def source_of(self, begin: int, end: int) -> Span:
        """The part of the text before decoding that became this part of `text`."""
        return self._at(begin)[0], self._at(max(begin, end - 1))[1]

    def _at(self, position: int) -> Span:
        last = bisect_right(self.begins, position) - 1
        if last < 0:
            return position, position + 1
        if position < self.ends[last]:
            return self.sources[last]
        start = self.sources[last][1] + position - self.ends[last]
        return start, start + 1


@dataclass(frozen=True, slots=True)
class Levels:
    """A text, the text without its escapes, and so on. `texts` begins with the text itself."""

    texts: list[str]
    steps: list[Decoded]

    @classmethod
    def of(cls, text: str) -> "Levels | None":
        """All levels of the text; None if it has too many escapes to look at each."""
        texts, steps = [text], []
        while len(texts) < _LEVELS:
            step = decoded(texts[-1])
            if step is None:
                break
            if len(step.sources) > _ESCAPES_MAX:
                return None
            steps.append(step)
            texts.append(step.text)
        return cls(texts, steps)

    def source(self, depth: int, above: int, span: Span) -> Span:
        """The part of the text at the level `above` that became this part at `depth`."""
        for step in reversed(self.steps[above:depth]):
            span = step.source_of(*span)
        return span


def decoded(text: str) -> Decoded | None:
    """The text without one level of escapes; None if there are none."""
    pieces: list[str] = []
    begins, ends, sources = [], [], []
    at = length = 0
    for match in _ESCAPE.finditer(text):
        plain, character = text[at : match.start()], _character(match)
        pieces += (plain, character)
        length += len(plain)
        begins.append(length)
        length += len(character)
        ends.append(length)
        sources.append(match.span())
        at = match.end()
        if len(sources) > _ESCAPES_MAX:
            break
    if not sources:
        return None
    return Decoded("".join((*pieces, text[at:])), begins, ends, sources)


def fully_decoded(text: str) -> str:
    """The text without any escapes, however often it was escaped."""
    for _ in range(_LEVELS):
        level = decoded(text)
        if level is None or level.text == text:
            break
        text = level.text
    return text


def _character(match: re.Match[str]) -> str:
    percent, unicode, byte, escaped, octal, hexadecimal, decimal, entity, _ = match.groups()
    if percent or byte:
        return chr(int(percent or byte, 16))
    if octal:
        return chr(int(octal, 8))
    if escaped:
        return _CONTROLS.get(escaped, escaped)
    if entity:
        return _ENTITIES[entity]
    if unicode or hexadecimal or decimal:
        code = int(decimal) if decimal else int(unicode or hexadecimal, 16)
        is_character = code < 0x11_0000
        return as_bytes(chr(code)) if is_character else match.group()
    return " "  # the plus of a form


def as_bytes(text: str) -> str:
    """The text with one character for each byte of its UTF-8."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")
