"""Reads a source that answers with JSON, at addresses that a link or a parameter leads to."""

import asyncio
from collections.abc import Callable
from functools import partial

from softphone_matcher.imports.import_file import ImportFile, open_lines
from softphone_matcher.imports.rows.limits import LIMITS
from softphone_matcher.outbound.client import Answer, Credentials, Outbound
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.outbound.json_pages import (
    JsonPage,
    columns_of,
    line_of,
    number_in,
    read_page,
    with_parameter,
)
from softphone_matcher.sources.reader import Beginning, SourcePage
from softphone_matcher.sources.source import StoredSource

SAMPLE_MAX = 200
"""Records of the first page that are shown, and in which the columns are found."""


class JsonReader:
    """Reads a source of the kind `json`; a `SourceReader`. Positions are addresses."""

    def __init__(self, source: StoredSource, outbound: Outbound, credentials: Credentials) -> None:
        self._source = source
        self._outbound = outbound
        self._credentials = credentials
        self._columns = tuple(dict.fromkeys(source.mapping.columns()))

    async def read(self, position: str) -> SourcePage:
        answer = await self._outbound.send(position, self._credentials)
        return await asyncio.to_thread(self._page, position, answer)

    async def sample(self) -> Callable[[], ImportFile]:
        answer = await self._outbound.send(first_address(self._source), self._credentials)
        lines = await asyncio.to_thread(self._sample_lines, answer.body)
        return partial(open_lines, lines)

    async def close(self) -> None:
        """Does nothing: each answer has a connection of its own."""

    def _page(self, position: str, answer: Answer) -> SourcePage:
        page = read_page(answer.body, self._source.items, self._source.next_path)
        lines = (line_of(record, self._columns, LIMITS.cell_max) for record in page.records)
        following = self._following(position, answer, page)
        return SourcePage(b"".join(lines), len(page.records), following, page.digest)

    def _following(self, position: str, answer: Answer, page: JsonPage) -> str:
        """The address of the next page; empty behind the last one."""
        source = self._source
        if source.paging == "next":
            link = page.link or answer.next
            return self._outbound.follow(position, link) if link else ""
        if source.paging == "none" or not page.records:
            return ""
        number = number_in(position, source.parameter) or 0
        step = 1 if source.paging == "page" else len(page.records)
        return with_parameter(position, source.parameter, number + step)

    def _sample_lines(self, body: bytes) -> bytes:
        """The records of an answer with all of their texts, not only those that are mapped."""
        source = self._source
        records = read_page(body, source.items, source.next_path).records[:SAMPLE_MAX]
        if not records:
            raise SourceError("source-empty")
        found = columns_of(records, LIMITS.columns_max - len(self._columns))
        columns = tuple(dict.fromkeys([*found, *self._columns]))
        return b"".join(line_of(each, columns, LIMITS.cell_max) for each in records)


def beginning_of_json(source: StoredSource) -> Beginning:
    """Every run reads all pages from the first one on."""
    return Beginning(first_address(source), "json", source.mapping, source.complete)


def first_address(source: StoredSource) -> str:
    """The address of the first page."""
    match source.paging:
        case "page":
            return with_parameter(source.address, source.parameter, 1)
        case "offset":
            return with_parameter(source.address, source.parameter, 0)
        case _:
            return source.address
