"""The scope that each route asks of an API key."""

from softphone_common.access.scopes import LOOKUP, scope_of
from support.stack.routes import LEAST

FOR_SCOPES = {
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
FOR_PEOPLE = {
    "POST /api/directory/picks",
    "DELETE /api/directory/picks",
    "POST /api/dial",
    "GET /api/dial/link",
    "PUT /api/dial/link",
    "DELETE /api/dial/link",
    "GET /api/calls/missed",
    "POST /api/calls/missed/seen",
    "GET /api/keys",
    "POST /api/keys",
    "DELETE /api/keys/{key}",
    "GET /api/me",
    "PATCH /api/me",
    "GET /api/me/second-factor",
    "POST /api/me/second-factor",
    "POST /api/me/second-factor/confirm",
    "POST /api/me/second-factor/remove",
    "GET /api/sessions",
    "DELETE /api/sessions",
    "DELETE /api/sessions/{session}",
    "PUT /api/session/password",
    "POST /api/users",
    "PATCH /api/users/{user}",
    "DELETE /api/users/{user}",
    "DELETE /api/users/{user}/second-factor",
    "DELETE /api/users/{user}/sessions",
    "POST /api/users/{user}/invitation",
    "PUT /api/users/{user}/openid",
    "DELETE /api/users/{user}/openid",
}


def test_every_route_is_in_the_scope_of_its_row() -> None:
    """Every other route is for `admin`, and so is a route that is added later."""
    expected: dict[str, str | None] = {route: FOR_SCOPES.get(route, "admin") for route in LEAST}
    expected |= dict.fromkeys(FOR_PEOPLE, None)
    assert expected.keys() == LEAST.keys()
    assert {route: scope_of(*route.split(" ")) for route in LEAST} == expected


def test_lookup_is_the_scope_of_no_route() -> None:
    """Its key stands in addresses, so that it must open nothing that a header opens."""
    assert not set(LOOKUP) & {scope_of(*route.split(" ")) for route in LEAST}
