"""The interface of readers: the pages of a source, one after another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from softphone_matcher.imports.import_file import ImportFile, Kind
from softphone_matcher.imports.mapping import ColumnMapping


@dataclass(frozen=True, slots=True)
class SourcePage:
    """A page of a source.

    - `data`: its records as a part of the file of an import
    - `records`: how many they are
    - `following`: the position of the next page; empty behind the last one
    - `digest`: by it a page that comes again is noticed; empty for pages without records
    - `marks`: how far the source is read with this page, in the words of its reader. Once all that
      was read is saved, the next run begins with them
    """

    data: bytes
    records: int
    following: str = ""
    digest: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a run of a source begins: its first position, and how its records are saved.

    `is_increment`: whether the run reads only what has changed, so that it may find nothing.
    """

    position: str
    kind: Kind
    mapping: ColumnMapping
    complete: bool
    is_increment: bool = False


class PositionLostError(Exception):
    """The page at a position can no longer be had, so the run has to begin with the first one."""


class SourceReader(Protocol):
    """Reads one source. Its methods raise SourceError, and the reader is closed afterwards.

    A position says where a page is. It is stored with the run, and another process may go on with
    it. It should be enough to find the page again; where it is not, the source is read anew.
    """

    async def read(self, position: str) -> SourcePage:
        """The page at the position. Raises PositionLostError before it asks for anything."""

    async def sample(self) -> Callable[[], ImportFile]:
        """Some records of the source for an administrator who tests it, opened by a call."""

    async def close(self) -> None:
        """Ends the session or the connection, if there is one; never fails."""
