"""Reads the answers of a source that is JSON: their records as texts, and the next address."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from softphone_matcher.outbound.errors import SourceError

MANY = " ::: "
"""Between several values in one text, as the readers of files know it from Google."""
DEPTH_MAX = 5
"""Objects and lists within one another that are looked into for the columns of a record."""


@dataclass(frozen=True, slots=True)
class JsonPage:
    """The records of an answer, and a link to the next page if the answer has one."""

    records: list[Any]
    link: str
    digest: str


def read_page(body: bytes, items: str, next_path: str) -> JsonPage:
    """The page in an answer; `items` and `next_path` are the paths of the records and the link.

    Raises SourceError `source-not-json` or `source-items-missing`.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise SourceError("source-not-json") from None
    records = value_at(answer, items)
    if not isinstance(records, list):
        raise SourceError("source-items-missing", path=items or "[]")
    link = value_at(answer, next_path) if next_path else ""
    digest = hashlib.sha256(body).hexdigest() if records else ""
    return JsonPage(records, link if isinstance(link, str) else "", digest)


def value_at(value: Any, path: str) -> Any:
    """The value at a path such as `phones.0.number`, or None; the value itself without a path."""
    for step in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and len(step) < 5:
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def text_of(value: Any) -> str:
    """The text of a value: several values of a list with a sign between; none for an object."""
    if isinstance(value, list):
        return MANY.join(filter(None, map(text_of, (v for v in value if not isinstance(v, list)))))
    if value is None or isinstance(value, Mapping):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    # lone surrogates, which JSON may have, cannot be stored
    return str(value).encode(errors="replace").decode()


def line_of(record: Any, columns: Iterable[str], cell_max: int) -> bytes:
    """A record as a line of JSON with a text for each column.

    A text that is longer than a cell may be is cut right behind that, and its row is rejected.
    """
    texts = {column: text_of(value_at(record, column))[: cell_max + 1] for column in columns}
    return json.dumps(texts, ensure_ascii=False).encode() + b"\n"


def columns_of(records: Iterable[Any], most: int) -> list[str]:
    """The paths of all texts in these records, in the order in which they come, up to `most`."""
    columns: dict[str, None] = {}
    for record in records:
        for path in _paths(record, "", DEPTH_MAX):
            if len(columns) < most:
                columns.setdefault(path)
    return list(columns)


def _paths(value: Any, path: str, depth: int) -> Iterator[str]:
    if isinstance(value, list) and not any(isinstance(each, Mapping | list) for each in value):
        if path:
            yield path
    elif isinstance(value, Mapping | list):
        steps = value.items() if isinstance(value, Mapping) else enumerate(value)
        for step, each in steps if depth else ():
            yield from _paths(each, f"{path}.{step}" if path else str(step), depth - 1)
    elif path:
        yield path


def with_parameter(address: str, name: str, number: int) -> str:
    """The address with this number for one of its parameters."""
    parts = urlsplit(address)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return urlunsplit(parts._replace(query=urlencode([*query, (name, str(number))])))


def number_in(address: str, name: str) -> int | None:
    """The number that one of the parameters of an address has."""
    for key, text in parse_qsl(urlsplit(address).query):
        if key == name and text.isdecimal() and len(text) < 10:
            return int(text)
    return None
