"""A table of lines is found by any spelling, and normalises few of its numbers."""

from functools import partial

from softphone_common.domain.numbers.normalise import RemoteNumber, normalise
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.own_lines import OwnLines

READ = partial(normalise, profile=NumberProfile())


def test_line_is_found_by_any_spelling_of_its_number() -> None:
    lines = ["030 23125-001", "sip:+493023125002@pbx", "+49 (0) 30 23125 003", "0049 30/23125 004"]
    table = OwnLines({line: str(number) for number, line in enumerate(lines)})
    for number in range(4):
        for text in (f"+49302312500{number + 1}", f"030 23125 00{number + 1}"):
            assert table.extension_of(text, READ) == str(number)
            assert table.has(text, READ)
    assert table.extension_of("030 23125 005", READ) is None


def test_line_with_encoded_digits_is_found_by_its_number() -> None:
    table = OwnLines({"%2B49 30 23125 %30%301": "21"})
    assert table.extension_of("030 23125001", READ) == "21"


def test_number_of_two_extensions_finds_none() -> None:
    table = OwnLines({"030 23125001": "21", "+49 30 23125001": "22"})
    assert table.extension_of("0049 30 23125001", READ) is None


def test_large_table_normalises_the_likely_lines_only() -> None:
    table = OwnLines({f"030 23125 {number:03}": str(number) for number in range(1000)})
    read: list[str] = []

    def number(text: str) -> RemoteNumber:
        read.append(text)
        return READ(text)

    assert table.extension_of("+49 30 23125 123", number) == "123"
    assert len(read) < 20
