"""Reads the answers of WebDAV servers (RFC 4918, 13), as far as address books need them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from softphone_matcher.imports.tables.xml_parts import elements

_FOUND = 200


@dataclass(frozen=True, slots=True)
class DavResource:
    """A resource in an answer, with the properties that were found.

    - `status`: that of the resource; 200 if any property of it was found
    - `types`: local names of its types, such as `addressbook`
    - `reports`: local names of the reports that it answers
    - `links`: by the local name of a property the references in it
    """

    href: str
    status: int
    etag: str = ""
    card: str | None = None
    types: frozenset[str] = frozenset()
    reports: frozenset[str] = frozenset()
    links: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Multistatus:
    """All resources of an answer, and the token for the next changes (RFC 6578), if any."""

    resources: tuple[DavResource, ...]
    token: str


def read_multistatus(body: bytes) -> Multistatus:
    """The resources in an answer.

    Raises ValueError for a text that is no XML, and for one with a document type, which could
    declare entities that expand without limit.
    """
    resources: list[DavResource] = []
    token = ""
    try:
        for name, element in elements(io.BytesIO(body), "response", "sync-token"):
            if name == "response":
                resources.extend(_resources(element))
            else:
                token = (element.text or "").strip()
    except (ParseError, LookupError) as error:
        raise ValueError("no XML") from error
    return Multistatus(tuple(resources), token)


def _resources(response: Element) -> Iterator[DavResource]:
    hrefs = [_text(child) for child in response if _name(child) == "href"]
    statuses = [_status(child) for child in response if _name(child) == "status"]
    properties: dict[str, Element] = {}
    for propstat in (child for child in response if _name(child) == "propstat"):
        parts = {_name(child): child for child in propstat}
        status = _status(parts["status"]) if "status" in parts else _FOUND
        statuses.append(status)
        if status == _FOUND and "prop" in parts:
            properties.update({_name(child): child for child in parts["prop"]})
    status = _FOUND if _FOUND in statuses else next(iter(statuses), _FOUND)
    data = properties.get("address-data")
    for href in hrefs:
        yield DavResource(
            href,
            status,
            _text(properties["getetag"]) if "getetag" in properties else "",
            None if data is None else "".join(data.itertext()),
            _names_in(properties.get("resourcetype")),
            _names_in(properties.get("supported-report-set")),
            {name: _hrefs(element) for name, element in properties.items()},
        )


def _name(element: Element) -> str:
    """The name without its namespace: no two properties that are read differ by that alone."""
    return element.tag.rpartition("}")[2]


def _names_in(element: Element | None) -> frozenset[str]:
    return frozenset() if element is None else frozenset(map(_name, element.iter()))


def _hrefs(element: Element) -> tuple[str, ...]:
    texts = (_text(child) for child in element.iter() if _name(child) == "href")
    return tuple(filter(None, texts))


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _status(element: Element) -> int:
    """The code in a line such as `HTTP/1.1 404 Not Found`; 0 if there is none."""
    code = [*_text(element).split(), "", ""][1]
    return int(code) if code.isdecimal() and len(code) == 3 else 0
