"""Finds the encoding of a text file of which nothing says it."""

import codecs
import re
from collections import Counter

from softphone_matcher.imports.rows.imported_row import ImportFileError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SINGLE_BYTE = ("cp1252", "cp850", "mac_roman")
"""Windows first, which wins a tie. ISO 8859-1 is a part of it but for controls."""

ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", *_SINGLE_BYTE)
"""The encodings that a caller may choose."""

_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH = re.compile(rb"[\x80-\xff]")
_IN_WORD = re.compile(rb"(?<=[A-Za-z])[\x80-\xff](?=[A-Za-z\s;,\t\"|]|\Z)")
_FIRST_OF_WORD = re.compile(rb"(?<![A-Za-z\x80-\xff])[\x80-\xff](?=[a-z])")
_CHUNK = 1024 * 1024
_SAMPLE = 4096
_BEFORE = 80
_LETTERS = dict.fromkeys("äöüß", 3) | dict.fromkeys("éèêëáàâçñóíôãåæøœ", 2)
_CAPITALS = dict.fromkeys("ÄÖÜ", 3) | dict.fromkeys("ÉÈÁÀÇÑÓÍÅÆØŒ", 2)


def choose_encoding(data: bytes, encoding: str | None) -> str:
    """The encoding that the caller wants, or the one that fits best.

    Raises ImportFileError `encoding-unknown`.
    """
    if encoding is None:
        return detect_encoding(data)
    if encoding not in ENCODINGS:
        raise ImportFileError("encoding-unknown", names=", ".join(ENCODINGS))
    mark = _byte_order_mark(data)
    if mark.startswith("utf-16") and encoding.startswith("utf-16"):
        return mark
    return {"utf-8": "utf-8-sig", "utf-16": "utf-16-le"}.get(encoding, encoding)


def detect_encoding(data: bytes) -> str:
    """The name of a codec; a byte that it cannot decode is damage.

    A file of UTF-8 with a few broken characters is one of UTF-8. Encodings of one byte for each
    character are distinguished by the letters they give within words.
    """
    mark = _byte_order_mark(data)
    if mark:
        return mark
    sample = data[:_SAMPLE]
    if sample.count(0) > len(sample) // 4:
        return "utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"
    if data.isascii() or is_utf8(data):
        return "utf-8"
    window = first_letters(data)
    return "utf-8" if _is_damaged_utf8(window) else _single_byte(window)


def first_letters(data: bytes) -> bytes:
    """At most a megabyte of whole lines, from a place in front of the first byte beyond ASCII."""
    first = _HIGH.search(data)
    start = max(0, first.start() - _BEFORE) // 2 * 2 if first else 0
    window = data[start : start + _CHUNK]
    return window[: window.rfind(b"\n") + 1] or window


def _byte_order_mark(data: bytes) -> str:
    """The codec that removes the byte order mark; empty if there is none."""
    return next((encoding for bom, encoding in _BOMS if data.startswith(bom)), "")


def is_utf8(data: bytes) -> bool:
    """Whether all of the data is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for start in range(0, len(data), _CHUNK):
            decoder.decode(view[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_damaged_utf8(data: bytes) -> bool:
    sequences = sum(len(match[0]) for match in _SEQUENCE.finditer(data))
    others = sum(1 for _ in _HIGH.finditer(data)) - sequences
    return sequences > 2 * others


def _single_byte(data: bytes) -> str:
    in_word = Counter(match[0] for match in _IN_WORD.finditer(data))
    first = Counter(match[0] for match in _FIRST_OF_WORD.finditer(data))

    def score(encoding: str) -> int:
        letters = sum(n * _weight(byte, encoding, _LETTERS) for byte, n in in_word.items())
        capitals = sum(n * _weight(byte, encoding, _CAPITALS) for byte, n in first.items())
        return letters + capitals

    return max(_SINGLE_BYTE, key=score)


def _weight(byte: bytes, encoding: str, letters: dict[str, int]) -> int:
    char = byte.decode(encoding, errors="replace")
    return letters.get(char, 0 if char.isalpha() else -3)
