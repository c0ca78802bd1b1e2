"""The scope that each route asks of an API key."""

from collections.abc import Mapping

from softphone_common.contracts.entities import KeyScope
from softphone_common.http.auth import READING

_SCOPES: Mapping[str, KeyScope] = {
    "GET /api/directory/matches": "directory:read",
    "GET /api/directory/records": "directory:read",
    "GET /api/directory/records/{record}": "directory:read",
    "POST /api/directory/records": "directory:write",
    "PUT /api/directory/records": "directory:write",
    "PATCH /api/directory/records/{record}": "directory:write",
    "DELETE /api/directory/records/{record}": "directory:write",
    "POST /api/directory/records/{record}/merge": "directory:write",
    "DELETE /api/directory/records": "directory:write",
    "POST /api/directory/imports": "directory:write",
    "GET /api/directory/imports": "directory:write",
    "GET /api/directory/imports/{run}": "directory:write",
    "GET /api/directory/imports/{run}/report": "directory:write",
    "DELETE /api/directory/imports/{run}": "directory:write",
    "GET /api/directory/recycle-bin": "directory:read",
    "POST /api/directory/recycle-bin/{record}/restore": "directory:write",
    "GET /api/calls": "calls:read",
    "GET /api/calls/{call}": "calls:read",
    "GET /api/calls/{call}/timeline": "calls:read",
    "GET /api/calls/{call}/comments": "calls:read",
    "GET /api/comments": "calls:read",
    "GET /api/calls/{call}/comments/{comment}/versions": "calls:read",
    "POST /api/calls/{call}/comments": "comments:write",
    "PATCH /api/calls/{call}/comments/{comment}": "comments:write",
    "DELETE /api/calls/{call}/comments/{comment}": "comments:write",
    "GET /api/devices": "hits:read",
    "GET /api/devices/{device}/hits": "hits:read",
}
LOOKUP: tuple[KeyScope, ...] = ("lookup",)
"""The scopes of a key for `/api/lookup/{key}`. No other route has this scope, so that the key opens
nothing else."""
_FOR_PEOPLE = (
    "/api/keys",
    "/api/me",
    "/api/session",
    "/api/sessions",
    "/api/dial",
    "/api/calls/missed",
    "/api/directory/picks",
)
"""Routes about the account, the session, the desk phone and the picks of one person, and about API
keys."""
_ACCOUNTS = "/api/users"
"""Keys may list users but not change them: with another password or the link of an invitation, a
stolen key would become a person, who could make further keys."""


def scope_of(method: str, path: str) -> KeyScope | None:
    """The scope that a key needs for the route with this path; None if keys may not use it.

    `path` is that of the route, with its placeholders. A route that is not named here is for the
    scope `admin`, which includes every other scope.
    """
    if _is_below(path, *_FOR_PEOPLE) or (_is_below(path, _ACCOUNTS) and method not in READING):
        return None
    return _SCOPES.get(f"{method} {path}", "admin")


def _is_below(path: str, *roots: str) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)
