"""Whatever is typed as a source, and whatever a source answers, is read or refused."""

# ruff: noqa: PT017 - being read is as right as being refused, so `raises` would be wrong

import json

from hypothesis import strategies as st

from softphone_common.contracts.problem_codes import FIELD_PROBLEMS
from softphone_matcher.imports.import_file import open_lines
from softphone_matcher.outbound.client import Outbound
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.outbound.hosts import PermittedHosts
from softphone_matcher.outbound.json_pages import columns_of, line_of, read_page, with_parameter
from support.fuzzing import fuzz

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=9), part, max_size=3)
    ),
    max_leaves=20,
)
BODIES = st.binary(max_size=99) | VALUES.map(lambda value: json.dumps(value).encode())
PATHS = st.text(st.sampled_from("ab.0-"), max_size=9)
PLACES = st.sampled_from(["crm.example.com", "evil.example", "127.0.0.1", "[::1]", "localhost"])
ADDRESSES = st.text(max_size=60) | st.tuples(
    st.sampled_from(["https://", "http://", "//", "https:", "HTTPS://", ""]),
    st.sampled_from(["", "a@", "crm.example.com@", "a:b@", "\\", "crm.example.com\\@"]),
    PLACES,
    st.sampled_from(["", ":443", ":0", ":99999", ":", ".", "%00", "#@crm.example.com", "?"]),
    st.text(max_size=9),
).map("".join)
OUTBOUND = Outbound(PermittedHosts("crm.example.com"), 1, 1000)
ORIGINS = {"https://crm.example.com", "https://crm.example.com:443"}


def test_answers() -> None:
    def tried(answer: tuple[bytes, str, str]) -> None:
        try:
            page = read_page(*answer)
        except SourceError as error:
            assert error.code in FIELD_PROBLEMS
            return
        columns = columns_of(page.records, 20)
        assert len(columns) <= 20
        lines = b"".join(line_of(record, [*columns, "a"], 20) for record in page.records)
        if not page.records:
            return
        table = open_lines(lines).table
        assert table is not None
        assert len(list(table.records())) == len(page.records)

    fuzz(tried, st.tuples(BODIES, PATHS, PATHS))


def test_addresses() -> None:
    def tried(address: str) -> None:
        for place in (OUTBOUND.check, follow):
            try:
                assert place(address) in ORIGINS
            except SourceError as error:
                assert error.code in FIELD_PROBLEMS

    fuzz(tried, ADDRESSES)


def follow(link: str) -> str:
    """The origin of the page that a link in an answer leads to, and of the page behind it."""
    followed = OUTBOUND.follow("https://crm.example.com/contacts", link)
    return OUTBOUND.check(with_parameter(followed, "page", 2))
