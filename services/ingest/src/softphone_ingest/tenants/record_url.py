"""The address of a tenant's own application, which the page opens for a caller."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from softphone_common.contracts.problem_codes import invalid

PLACEHOLDERS = ("host_id", "record", "type", "e164", "call", "extension")
"""The page fills them, percent-encoded; a value that a call does not have is empty."""
_IN_BRACES = re.compile(r"\{([^{}]*)\}")


def _checked(url: str) -> str:
    if url and not _is_valid(url):
        names = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise invalid("record-url-invalid", placeholders=names)
    return url


def _is_valid(url: str) -> bool:
    # Browsers read a backslash as a slash and strip blanks and line breaks (WHATWG URL standard,
    # basic URL parser), so the host would be another one than the one that is checked here.
    if not url.isprintable() or " " in url or "\\" in url:
        return False
    rest = _IN_BRACES.sub("", url)
    known = all(name in PLACEHOLDERS for name in _IN_BRACES.findall(url))
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    is_web = parts.scheme in {"http", "https"} and url.lower().startswith(f"{parts.scheme}://")
    plain_host = not set("@{}") & set(parts.netloc)
    return known and not set("{}") & set(rest) and is_web and has_host and plain_host


RecordUrl = Annotated[str, Field(max_length=500), AfterValidator(_checked)]
"""An http or https address with PLACEHOLDERS in path, query or fragment; empty for none."""
