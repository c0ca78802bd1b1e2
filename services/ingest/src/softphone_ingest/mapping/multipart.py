"""Takes a multipart form apart, each byte looked at once; knows files and parts in parts not."""

import re

from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import Values, plain

HEAD_MAX = 1024
"""Bytes above a part's value; a name and a type need a tenth of it."""

_BOUNDARY = re.compile(r';[ \t]*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_NAME = re.compile(
    rb'^content-disposition:(?:[^"\r\n]|"[^"\r\n]*")*?;[ \t]*name=(?:"([^"\r\n]*)"|([^\s;"]+))',
    re.IGNORECASE | re.MULTILINE,
)


def fields(body: bytes, content_type: str) -> Values:
    """The values of each name; parts without a name are passed over.

    Raises HitError naming the body for what is no such form.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise HitError("body", "multipart-boundary-missing")
    mark = re.escape((found[1] or found[2]).encode("latin-1", "replace"))
    _, *parts = re.split(rb"(?:\A|\r?\n)--" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)", body)
    if not parts:
        raise HitError("body", "multipart-invalid")
    values: Values = {}
    for last, part in zip(parts[::2], parts[1::2], strict=True):
        if last:
            break
        head, value = _halves(part)
        named = _NAME.search(_FOLDED.sub(b" ", head))
        if named is not None:
            name = named[1] if named[1] is not None else named[2]
            values.setdefault(plain(name), []).append(plain(value))
    return values


def _halves(part: bytes) -> tuple[bytes, bytes]:
    end = _BLANK_LINE.search(part)
    head, value = (part, b"") if end is None else (part[: end.start()], part[end.end() :])
    if len(head) > HEAD_MAX:
        raise HitError("body", "multipart-head-too-large", limit=HEAD_MAX)
    return head, value
