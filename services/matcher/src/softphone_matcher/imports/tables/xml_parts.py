"""Reads the XML of a workbook piece by piece, without document types and within limits."""

import re
from collections.abc import Iterator
from typing import IO, Any, cast
from xml.etree.ElementTree import Element, XMLPullParser

_CHUNK = 64 * 1024
_ELEMENTS_MAX = 200_000
"""Elements within one record: three for each of the 16,384 cells that a row of Excel can have, or
three for each of its 64,000 styles."""

_DEPTH_MAX = 100
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def elements(stream: IO[bytes], *records: str, until: str = "") -> Iterator[tuple[str, Element]]:
    """Each element with one of these names, and its name, without a namespace.

    All others are forgotten as soon as they end, and so is a record when the next one is read. The
    end of an element called `until` is the end. Raises ParseError, and ValueError for a document
    type, which could declare entities that expand without limit, or for too many elements.
    """
    parents: list[Element] = []
    record: Element | None = None
    count = 0
    for event, element in _events(stream):
        name = element.tag.rpartition("}")[2]
        if event == "start":
            parents.append(element)
            if record is None:
                count = 0
                record = element if name in records else None
            count = _counted(count, len(parents))
            continue
        parents.pop()
        if record is element:
            yield name, element
            record = None
        if record is None and parents:
            parents[-1].remove(element)
        if name == until:
            return


def _counted(elements_: int, depth: int) -> int:
    if elements_ >= _ELEMENTS_MAX or depth > _DEPTH_MAX:
        raise ValueError("too many elements")
    return elements_ + 1


def _events(stream: IO[bytes]) -> Iterator[tuple[str, Element]]:
    parser: XMLPullParser[Any] = XMLPullParser(("start", "end"))
    head = b""
    has_root = False
    while chunk := stream.read(_CHUNK):
        if not has_root:
            # UTF-16 has a zero in each of these letters
            head = (head + chunk).replace(b"\0", b"")
            if b"<!DOCTYPE" in head:
                raise ValueError("document type")
        parser.feed(chunk)
        for event in parser.read_events():
            has_root = True
            yield cast("tuple[str, Element]", event)
    parser.close()
    yield from cast("Iterator[tuple[str, Element]]", parser.read_events())


def joined_text(element: Element) -> str:
    """The text of a string with its runs, without the readings of Japanese characters (`rPh`)."""
    pieces: list[str] = []
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name == "t":
            pieces.append(child.text or "")
        elif name == "r":
            pieces.append(joined_text(child))
    return "".join(pieces)


def unescape(text: str) -> str:
    """The text with the characters that XML cannot have, which are written as `_x000D_`.

    Halves of a character that make none become U+FFFD, which is refused as damage: no store takes
    them.
    """
    if "_x" not in text:
        return text
    unescaped = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return unescaped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
