"""The headers by which two administrators undo nothing of each other."""

from typing import Annotated

from fastapi import Header

IfMatch = Annotated[
    str | None,
    Header(
        description="The ETag of the tenant the change is based on; it is refused with"
        " `tenant-changed` if somebody else has changed the tenant since. Without it the fields"
        " of the request replace those that are stored."
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        description="`*` only creates the tenant: another one with this id is refused with"
        " `tenant-exists`, and a repetition of the request that created it succeeds."
    ),
]


def creates_only(header: str | None) -> bool:
    """Whether If-None-Match is `*`."""
    return header is not None and header.strip() == "*"
