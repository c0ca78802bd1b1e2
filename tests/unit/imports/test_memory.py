"""A long file is read row by row, in memory that does not grow with it."""

import tracemalloc
from collections import deque

from softphone_matcher.imports.import_file import read_import
from support.import_files import PROFILE

MEGABYTE = 1024 * 1024


def _peak(data: bytes) -> int:
    """Bytes that reading all rows takes at most, in addition to the file."""
    tracemalloc.start()
    try:
        deque(read_import(data).rows(PROFILE), maxlen=0)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_long_csv_is_read_in_bounded_memory() -> None:
    data = b"Name;Telefon\n" + b"Erika Huber, Einkauf;089 99998001\n" * 100_000
    assert len(data) > 3 * MEGABYTE
    assert _peak(data) < MEGABYTE


def test_long_file_of_cards_is_read_in_bounded_memory() -> None:
    card = f"BEGIN:VCARD\nFN:Erika Huber\nTEL:089 99998001\nNOTE:{'x' * 1500}\nEND:VCARD\n"
    data = (card * 3000).encode()
    # a part of the file without its folds is looked at, to find the encoding
    assert _peak(data) < 4 * MEGABYTE < len(data)
