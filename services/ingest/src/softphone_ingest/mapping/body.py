"""Takes a request apart: path, query, form, JSON, XML, text; knows no mapping and no call."""

import json
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from softphone_ingest.mapping import multipart
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import HitRequest, Values, decoded, pairs, plain

_DEPTH_MAX = 60


class Parts:
    """The parts of a request, each made when it is first asked for; the body is read by what it
    is, whatever its content type says. Any part of a body that can't be read raises HitError."""

    def __init__(self, request: HitRequest, separator: str) -> None:
        self.request = request
        self._separator = separator

    @cached_property
    def segments(self) -> list[str]:
        """What stands between the slashes behind the key, but for those that hold pairs."""
        raw = [part for part in self.request.path.split("/") if part]
        return [decoded(part) for part in raw if "=" not in part]

    @cached_property
    def path_pairs(self) -> Values:
        """Pairs that stand in the path, as some phones write them."""
        found: Values = {}
        for part in self.request.path.split("/"):
            if "=" in part:
                for name, values in pairs(part)[0].items():
                    found.setdefault(name, []).extend(values)
        return found

    @cached_property
    def query(self) -> tuple[Values, list[str]]:
        """Parameters, and what stands there without `=`."""
        return pairs(self.request.query)

    @cached_property
    def _kind(self) -> str:
        body = self.request.body.lstrip(b"\xef\xbb\xbf \t\r\n")
        told = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not body:
            return ""
        if told == "multipart/form-data":
            return "multipart"
        if body[:1] == b"{" or told.endswith("json") or _is_list(body):
            return "json"
        if body[:1] == b"<" or told.endswith("xml"):
            return "xml"
        return "form" if b"=" in body or told.endswith("urlencoded") else "text"

    @cached_property
    def form(self) -> tuple[Values, list[str]]:
        """Parameters of a form, and what stands there without `=`."""
        if self._kind == "multipart":
            return multipart.fields(self.request.body, self.request.headers["content-type"]), []
        return pairs(self.request.body.strip()) if self._kind == "form" else ({}, [])

    @cached_property
    def json(self) -> Any:
        """What the JSON says; None where there is none."""
        if self._kind != "json":
            return None
        return read_json(plain(self.request.body), "body")

    @cached_property
    def xml(self) -> Element | None:
        """The root of the XML; documents with a DTD are refused, since they can grow."""
        if self._kind != "xml":
            return None
        parser = XMLParser(target=_Plain())  # noqa: S314 - it takes no DTD, so none of its bombs
        try:
            parser.feed(self.request.body.strip())
            root: Element = parser.close()
        except (ParseError, ValueError, LookupError) as error:
            raise HitError("body", "xml-invalid", reason=str(error)) from None
        _check_depth(root)
        return root

    @cached_property
    def line(self) -> list[str]:
        """The parts of the first line of a body that is plain text."""
        if self._kind not in {"text", "form"}:
            return []
        return plain(self.request.body).strip().split("\n", 1)[0].split(self._separator)


def read_json(text: str, field: str) -> Any:
    """What this JSON says, halves of characters replaced. Raises HitError naming `field`."""
    try:
        # a number with a point may be an id, whose last zero counts
        return json.loads(text.encode("utf-8", "replace"), parse_float=str)
    except (ValueError, RecursionError):
        raise HitError(field, "json-invalid") from None


def _is_list(body: bytes) -> bool:
    """Whether it is a list in JSON; lines of text may begin with a bracket too."""
    try:
        return body[:1] == b"[" and isinstance(json.loads(body), list)
    except (ValueError, RecursionError):
        return False


class _Plain(TreeBuilder):
    """Builds a document that declares no type, and so has no entities of its own."""

    def doctype(self, *_: Any) -> None:
        """Raises ValueError."""
        raise ValueError("a document type is not allowed")


def _check_depth(root: Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _DEPTH_MAX:
            raise HitError("body", "xml-too-deep", limit=_DEPTH_MAX)
        level = [child for element in level for child in element]
