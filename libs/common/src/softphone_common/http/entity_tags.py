"""Entity tags of what has a version (RFC 9110, 8.8.3), so that two people undo nothing."""

import re

from softphone_common.http.problem import ProblemError

# RFC 9110 compares strongly here. A proxy that compresses answers makes every tag weak, though,
# and a version has one form only.
_TAG = re.compile(r'\s*(?:W/)?"([0-9]{1,15})"\s*')


def etag(version: int) -> str:
    """The tag of this version."""
    return f'"{version}"'


def expected_version(header: str | None, code: str) -> int | None:
    """The version in If-Match, None if any is right.

    Raises the ProblemError with this code, a 412, for another text.
    """
    if header is None or header.strip() == "*":
        return None
    tag = _TAG.fullmatch(header)
    if tag is None:
        raise ProblemError(code)
    return int(tag[1])
