"""Reads the entries of an LDAP server, page by page of one search."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from functools import partial

from softphone_matcher.imports.import_file import ImportFile, open_lines
from softphone_matcher.imports.rows.limits import LIMITS
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.outbound.json_pages import line_of
from softphone_matcher.outbound.ldap import LdapConnection, LdapEntry, LdapPage, LdapSearch
from softphone_matcher.outbound.ldap_entries import DN, attributes_of, columns_of, texts_of
from softphone_matcher.sources.reader import Beginning, PositionLostError, SourcePage
from softphone_matcher.sources.source import StoredSource

PAGE_MAX = 500
"""Entries of a page, which servers permit at least; some give fewer."""
SAMPLE_MAX = 100
"""Entries that are shown, and in which the columns are found."""
_ALL = ("*", "entryUUID")
"""All attributes of people, and the id of OpenLDAP, which is an operational one."""


class LdapReader:
    """Reads a source of the kind `ldap`; a `SourceReader`. Positions are numbers of pages.

    A server knows its cookies in the connection that got them (RFC 2696), so another reader begins
    with the first page.
    """

    def __init__(self, source: StoredSource, connection: LdapConnection) -> None:
        self._source = source
        self._connection = connection
        self._columns = tuple(dict.fromkeys(source.mapping.columns()))
        self._following = 1
        self._cookie = b""
        self._has_entries = self._has_ids = False

    async def read(self, position: str) -> SourcePage:
        if position != str(self._following):
            raise PositionLostError
        search = self._search(attributes_of(self._columns), PAGE_MAX)
        page = await self._connection.search(search, self._cookie)
        self._following, self._cookie = self._following + 1, page.cookie
        return await asyncio.to_thread(self._page, page)

    async def sample(self) -> Callable[[], ImportFile]:
        # without values first, since pictures may be larger than an answer
        named = await self._connection.search(self._search(_ALL, SAMPLE_MAX, names_only=True))
        found = columns_of(named.entries, LIMITS.columns_max - len(self._columns) - 1)
        columns = tuple(dict.fromkeys([*found, DN, *self._columns]))
        page = await self._connection.search(self._search(attributes_of(columns), SAMPLE_MAX))
        if not page.entries:
            raise SourceError("source-empty")
        return partial(open_lines, await asyncio.to_thread(_lines, page.entries, columns))

    async def close(self) -> None:
        await self._connection.close()

    def _search(
        self, attributes: tuple[str, ...], size: int, names_only: bool = False
    ) -> LdapSearch:
        return LdapSearch(self._source.base, self._source.filter, attributes, size, names_only)

    def _page(self, page: LdapPage) -> SourcePage:
        self._require_ids(page)
        following = str(self._following) if page.cookie else ""
        names = "\n".join(entry.dn for entry in page.entries).encode(errors="replace")
        digest = hashlib.sha256(names).hexdigest() if page.entries else ""
        data = _lines(page.entries, self._columns)
        return SourcePage(data, len(page.entries), following, digest)

    def _require_ids(self, page: LdapPage) -> None:
        """Refuses a directory without any id, whose entries would all be saved a second time.

        A server leaves out attributes that the user may not read, and answers with success.
        """
        column = self._source.mapping.host_id
        self._has_entries = self._has_entries or bool(page.entries)
        self._has_ids = self._has_ids or any(
            texts_of(entry).get(column.casefold()) for entry in page.entries
        )
        if self._has_entries and not self._has_ids and not page.cookie:
            raise SourceError("source-entries-without-id", column=column)


def beginning_of_ldap(source: StoredSource) -> Beginning:
    """Every run searches for all entries from the first page on."""
    return Beginning("1", "json", source.mapping, source.complete)


def _lines(entries: Iterable[LdapEntry], columns: tuple[str, ...]) -> bytes:
    return b"".join(map(partial(_line, columns), entries))


def _line(columns: tuple[str, ...], entry: LdapEntry) -> bytes:
    """The entry as a line; a column names its attribute in any case."""
    texts = texts_of(entry)
    record = {column: texts.get(column.casefold(), []) for column in columns}
    return line_of(record, columns, LIMITS.cell_max)
