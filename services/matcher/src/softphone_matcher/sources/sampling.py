"""Opens the first page of a source like a file, so that it is shown as files are."""

from softphone_matcher.imports.import_file import ImportFile, open_lines
from softphone_matcher.imports.rows.limits import LIMITS
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.outbound.json_pages import columns_of, line_of, read_page
from softphone_matcher.sources.source import StoredSource

SAMPLE_MAX = 200
"""Records of the first page that are shown, and in which the columns are found."""


def open_sample(body: bytes, source: StoredSource) -> ImportFile:
    """The records of an answer with all of their texts. Raises SourceError and ImportFileError."""
    records = read_page(body, source.items, source.next_path).records[:SAMPLE_MAX]
    if not records:
        raise SourceError("source-empty")
    mapped = dict.fromkeys(source.mapping.columns())
    found = columns_of(records, LIMITS.columns_max - len(mapped))
    columns = tuple(dict.fromkeys([*found, *mapped]))
    return open_lines(b"".join(line_of(each, columns, LIMITS.cell_max) for each in records))
