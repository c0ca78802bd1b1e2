"""Parses the parts of a request: path, query, form, JSON, XML and plain text."""

import json
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from softphone_ingest.mapping import multipart
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import (
    HitRequest,
    Values,
    decode_percent,
    decode_text,
    parse_pairs,
)

DEPTH_MAX = 60
"""Levels of elements in XML. Selectors walk it level by level, at a cost of depth times size."""


class Parts:
    """The parts of a request, each parsed when it is first read.

    The content of the body decides how it is parsed, since many phones send a wrong content type
    or none. Every part raises HitError naming `body` if the body is malformed.
    """

    def __init__(self, request: HitRequest, separator: str) -> None:
        self.request = request
        self._separator = separator

    @cached_property
    def segments(self) -> list[str]:
        """The segments of the path behind the key, without those of the form `name=value`."""
        raw = [part for part in self.request.path.split("/") if part]
        return [decode_percent(part) for part in raw if "=" not in part]

    @cached_property
    def path_pairs(self) -> Values:
        """The segments of the path of the form `name=value`, as some phones write parameters."""
        values: Values = {}
        for part in self.request.path.split("/"):
            if "=" in part:
                for name, texts in parse_pairs(part)[0].items():
                    values.setdefault(name, []).extend(texts)
        return values

    @cached_property
    def query(self) -> tuple[Values, list[str]]:
        """The parameters of the query, and its words without `=`."""
        return parse_pairs(self.request.query)

    @cached_property
    def _kind(self) -> str:
        body = self.request.body.lstrip(b"\xef\xbb\xbf \t\r\n")
        media_type = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not body:
            return ""
        # only the content type has the boundary of a multipart form, so here it decides
        if media_type == "multipart/form-data":
            return "multipart"
        if body[:1] == b"{" or media_type.endswith("json") or _is_json_list(body):
            return "json"
        if body[:1] == b"<" or media_type.endswith("xml"):
            return "xml"
        return "form" if b"=" in body or media_type.endswith("urlencoded") else "text"

    @cached_property
    def form(self) -> tuple[Values, list[str]]:
        """The parameters of a form, and its words without `=`."""
        if self._kind == "multipart":
            content_type = self.request.headers["content-type"]
            return multipart.parse_form(self.request.body, content_type), []
        return parse_pairs(self.request.body.strip()) if self._kind == "form" else ({}, [])

    @cached_property
    def json(self) -> Any:
        """The value of a JSON body, else None."""
        if self._kind != "json":
            return None
        return parse_json(decode_text(self.request.body), "body")

    @cached_property
    def xml(self) -> Element | None:
        """The root of an XML body, else None. A document type (DTD) is refused."""
        if self._kind != "xml":
            return None
        parser = XMLParser(target=_NoDoctype())  # noqa: S314 - see _NoDoctype
        try:
            parser.feed(self.request.body.strip())
            root: Element = parser.close()
        except (ParseError, ValueError, LookupError) as error:
            raise HitError("body", "xml-invalid", reason=str(error)) from None
        _check_depth(root)
        return root

    @cached_property
    def line(self) -> list[str]:
        """The first line of a plain text body, split at the separator."""
        if self._kind not in {"text", "form"}:
            return []
        return decode_text(self.request.body).strip().split("\n", 1)[0].split(self._separator)


def parse_json(text: str, field: str) -> Any:
    """The value of a JSON text. Raises HitError naming `field`.

    Numbers with a decimal point stay texts: some senders use such numbers as ids, and 1.10 is
    another id than 1.1.
    """
    try:
        # a lone surrogate can't be encoded; phones cut names in the middle of a character
        return json.loads(text.encode("utf-8", "replace"), parse_float=str)
    except (ValueError, RecursionError):
        raise HitError(field, "json-invalid") from None


def _is_json_list(body: bytes) -> bool:
    """Whether the body is a JSON list. Plain text may begin with a bracket as well."""
    try:
        return body[:1] == b"[" and isinstance(json.loads(body), list)
    except (ValueError, RecursionError):
        return False


# Entities are declared in a document type only, so refusing it refuses every attack by entities:
# exponential and quadratic expansion, and external files and addresses. defusedxml does it by the
# very same hook of the parser. Its last release, 0.7.1, is of March 2021, and since it gives up the
# parser in C it takes 2.2 ms for 64 KiB where this takes 0.8.
class _NoDoctype(TreeBuilder):
    """Builds the tree of a document without a document type."""

    def doctype(self, *_: Any) -> None:
        raise ValueError("a document type is not allowed")


def _check_depth(root: Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > DEPTH_MAX:
            raise HitError("body", "xml-too-deep", limit=DEPTH_MAX)
        level = [child for element in level for child in element]
