"""Every route of the app, the least role that may use it, and a request to each of them."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import _IncludedRouter
from starlette.routing import BaseRoute, Route, WebSocketRoute

from softphone_common.contracts.entities import Role
from softphone_testing.activation_codes import code
from support.product import Json
from support.stack import source_acts
from support.stack.full_company import NUMBER
from support.tenant.company import Company

PATHS = {
    "ingest": "/api/tenant",
    "matcher": "/api/directory/records",
    "calllog": "/api/calls",
    "notifier": "/api/users",
    "janitor": "/api/sweeps",
}
"""A route of each service that operators may use."""

OPEN = {
    # routes without a token: each checks the sender in another way, or shows no tenant's data
    *(
        f"{method} {slashes}hit/{{key}}{event}"
        for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS")
        for slashes in ("/", "//")
        for event in ("", "/{event:path}")
    ),
    "GET /api/lookup/{key}",  # an API key that opens nothing else
    "GET /api/setup",
    "POST /api/setup",  # the code is in its body
    "POST /api/session",
    "DELETE /api/session",
    "POST /api/session/renew",
    "GET /api/session/openid",
    "GET /api/session/openid/start",
    "GET /api/session/openid/callback",  # its state is in a cookie
    *(
        f"{method} {path}"
        for method in ("GET", "HEAD")
        for path in ("/", "/pop", "/setup", "/favicon.ico", "/web/not-found", "/web/{name}")
    ),
    "POST /api/invitations/accept",  # the token of the link is in its body
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /api/regions",  # choices of forms, the same for everybody
    "GET /api/time-zones",
    "GET /openapi.json",
    "HEAD /openapi.json",
    "WS /ws",  # the token is in its first frame
}
LEAST: dict[str, Role] = {
    "POST /api/dial": "user",
    "GET /api/dial/link": "user",
    "PUT /api/dial/link": "user",
    "DELETE /api/dial/link": "user",
    "GET /api/devices": "admin",
    "POST /api/devices": "admin",
    "PATCH /api/devices/{device}": "admin",
    "DELETE /api/devices/{device}": "admin",
    "GET /api/devices/{device}": "admin",
    "POST /api/devices/{device}/key": "admin",
    "GET /api/devices/{device}/urls": "admin",
    "GET /api/devices/{device}/hits": "admin",
    "POST /api/devices/{device}/hits/{hit}/replay": "admin",
    "POST /api/devices/{device}/try": "admin",
    "POST /api/devices/{device}/test": "admin",
    "GET /api/presets": "admin",
    "GET /api/tenant": "user",
    "PATCH /api/tenant": "admin",
    "PUT /api/tenant/activation": "admin",
    "POST /api/tenant/try-number": "admin",
    "GET /api/tenants": "operator",
    "GET /api/tenants/{tenant}": "operator",
    "PUT /api/tenants/{tenant}": "operator",
    **{f"GET /api/system/{service}": "operator" for service in PATHS},
    "GET /api/directory/matches": "user",
    "GET /api/directory/records": "user",
    "POST /api/directory/records": "user",
    "PUT /api/directory/records": "admin",
    "POST /api/directory/imports/preview": "admin",
    "GET /api/directory/imports": "admin",
    "POST /api/directory/imports": "admin",
    "GET /api/directory/imports/{run}": "admin",
    "DELETE /api/directory/imports/{run}": "admin",
    "GET /api/directory/imports/{run}/report": "admin",
    "POST /api/directory/imports/{run}/confirm": "admin",
    "GET /api/directory/sources": "admin",
    "POST /api/directory/sources": "admin",
    "POST /api/directory/sources/test": "admin",
    "PUT /api/directory/sources/{source}": "admin",
    "DELETE /api/directory/sources/{source}": "admin",
    "POST /api/directory/sources/{source}/run": "admin",
    "POST /api/directory/sources/{source}/test": "admin",
    "DELETE /api/directory/records": "admin",
    "GET /api/directory/records/{record}": "user",
    "PATCH /api/directory/records/{record}": "user",
    "DELETE /api/directory/records/{record}": "admin",
    "POST /api/directory/records/{record}/merge": "user",
    "POST /api/directory/picks": "user",
    "DELETE /api/directory/picks": "user",
    "GET /api/directory/recycle-bin": "admin",
    "POST /api/directory/recycle-bin/{record}/restore": "admin",
    "GET /api/calls": "user",
    "GET /api/calls/{call}": "user",
    "GET /api/calls/missed": "user",
    "POST /api/calls/missed/seen": "user",
    "GET /api/calls/{call}/timeline": "user",
    "DELETE /api/calls/{call}": "admin",
    "GET /api/calls/{call}/comments": "user",
    "POST /api/calls/{call}/comments": "user",
    "PATCH /api/calls/{call}/comments/{comment}": "user",
    "DELETE /api/calls/{call}/comments/{comment}": "user",
    "GET /api/calls/{call}/comments/{comment}/versions": "user",
    "GET /api/recycle-bin/comments": "admin",
    "POST /api/recycle-bin/comments/{comment}/restore": "admin",
    "GET /api/comments": "user",
    "GET /api/recycle-bin": "admin",
    "GET /api/audit": "admin",
    "POST /api/recycle-bin/{call}/restore": "admin",
    "GET /api/keys": "admin",
    "POST /api/keys": "admin",
    "DELETE /api/keys/{key}": "admin",
    "GET /api/users": "admin",
    "POST /api/users": "admin",
    "PATCH /api/users/{user}": "admin",
    "DELETE /api/users/{user}": "admin",
    "DELETE /api/users/{user}/second-factor": "admin",
    "DELETE /api/users/{user}/sessions": "admin",
    "POST /api/users/{user}/invitation": "admin",
    "GET /api/users/{user}/openid": "admin",
    "PUT /api/users/{user}/openid": "admin",
    "DELETE /api/users/{user}/openid": "admin",
    "GET /api/me": "user",
    "PATCH /api/me": "user",
    "GET /api/me/second-factor": "user",
    "POST /api/me/second-factor": "user",
    "POST /api/me/second-factor/confirm": "user",
    "POST /api/me/second-factor/remove": "user",
    "GET /api/sessions": "user",
    "DELETE /api/sessions": "user",
    "DELETE /api/sessions/{session}": "user",
    "PUT /api/session/password": "user",
    "GET /api/sweeps": "operator",
    "POST /api/sweeps": "operator",
    "GET /api/sweeps/schedule": "operator",
    "GET /api/dead-letters": "operator",
    "POST /api/dead-letters/replay": "operator",
    "GET /api/dead-letters/{letter}": "operator",
    "DELETE /api/dead-letters/{letter}": "operator",
    "POST /api/dead-letters/{letter}/replay": "operator",
}
OWN_LISTS = {
    # routes that show or change the caller's own data
    "GET /api/devices",
    "GET /api/dial/link",
    "GET /api/presets",
    "GET /api/tenant",
    "POST /api/tenant/try-number",
    "GET /api/directory/matches",
    "GET /api/directory/records",
    "PUT /api/directory/records",
    "DELETE /api/directory/picks",
    "GET /api/directory/imports",
    "GET /api/directory/sources",
    "GET /api/directory/recycle-bin",
    "GET /api/calls",
    "GET /api/calls/missed",
    "POST /api/calls/missed/seen",
    "GET /api/comments",
    "GET /api/recycle-bin",
    "GET /api/recycle-bin/comments",
    "GET /api/keys",
    "GET /api/me",
    "PATCH /api/me",
    "GET /api/me/second-factor",
    "GET /api/sessions",
    "DELETE /api/sessions",
}


def routes(app: FastAPI) -> set[str]:
    """Every route of the app, including those that are in no router or not in the description."""
    return {name for route in all_routes(app) for name in _names(*route)}


def all_routes(app: FastAPI) -> Iterator[tuple[BaseRoute, str]]:
    """Each route with its whole path, including routes that answer only where no other does."""
    for route in [*app.router.routes, *app.router._low_priority_routes]:
        if not isinstance(route, _IncludedRouter):
            yield route, str(getattr(route, "path", ""))
            continue
        joined = [*route.effective_route_contexts(), *route.effective_low_priority_routes()]
        for context in joined:
            whole = context.starlette_route or context
            yield context.original_route, str(getattr(whole, "path", ""))


def _names(route: BaseRoute, path: str) -> list[str]:
    """The names of a route in the tables. An unknown kind of route gets a name that none has."""
    if isinstance(route, Route):
        return [f"{method} {path}" for method in route.methods or {"ANY"}]
    kind = "WS" if isinstance(route, WebSocketRoute) else type(route).__name__
    return [f"{kind} {path}"]


def attempts(company: Company, letter: str = "0") -> dict[str, tuple[str, Json | None]]:
    """For every route that needs a token, a request that aims at this company's data.

    A route without an entry in the table below is tried if it needs no body: its own path is asked
    for, with the company's ids.
    """
    tenant, phone, record = company.tenant, company.phone, company.record
    call, deleted = company.examples.call, company.examples.deleted_call
    ids = {
        "device": phone.id,
        "record": record,
        "call": call,
        "user": company.user.id,
        "letter": letter,
        "run": company.examples.run,
        "source": company.examples.source,
        "session": "none",
        "key": "none",
        "comment": company.examples.comment,
    }
    text: Json = {"text": "theirs", "record": None}
    table: dict[str, tuple[str, Json | None]] = {
        "POST /api/dial": ("/api/dial", {"number": NUMBER, "extension": "21"}),
        "PUT /api/dial/link": ("/api/dial/link", {"link": "tel:{number}", "user": company.user.id}),
        "POST /api/devices": ("/api/devices", {"name": "x", "tenant": tenant}),
        "PATCH /api/devices/{device}": (f"/api/devices/{phone.id}", {"name": "x"}),
        "POST /api/devices/{device}/key": (f"/api/devices/{phone.id}/key", None),
        "POST /api/devices/{device}/hits/{hit}/replay": (
            f"/api/devices/{phone.id}/hits/{company.examples.hit}/replay",
            None,
        ),
        "POST /api/devices/{device}/try": (
            f"/api/devices/{phone.id}/try",
            {"request": "/ringing?extension=21&number=1"},
        ),
        "POST /api/devices/{device}/test": (
            f"/api/devices/{phone.id}/test",
            {"extension": "21"},
        ),
        "PATCH /api/tenant": ("/api/tenant", {"name": "x", "id": tenant}),
        "PUT /api/tenant/activation": ("/api/tenant/activation", {"code": code(company.tenant)}),
        "POST /api/tenant/try-number": ("/api/tenant/try-number", {"number": NUMBER}),
        "GET /api/tenants/{tenant}": (f"/api/tenants/{tenant}", None),
        "PUT /api/tenants/{tenant}": (f"/api/tenants/{tenant}", {"name": "x"}),
        "GET /api/directory/matches": (f"/api/directory/matches?number={NUMBER}", None),
        "POST /api/directory/records": (
            "/api/directory/records",
            {"type": "contact", "name": "x", "tenant": tenant},
        ),
        "PUT /api/directory/records": (
            "/api/directory/records",
            {"items": [{"source": "x", "host_id": "theirs", "type": "lead", "name": "x"}]},
        ),
        "POST /api/directory/imports/preview": (
            "/api/directory/imports/preview",
            {"tenant": tenant},
        ),
        "POST /api/directory/picks": (
            "/api/directory/picks",
            {"number": NUMBER, "record": record},
        ),
        "DELETE /api/directory/picks": (f"/api/directory/picks?number={NUMBER}", None),
        "POST /api/directory/imports": (
            "/api/directory/imports?source=theirs",
            {"tenant": tenant},
        ),
        "POST /api/directory/imports/{run}/confirm": (
            f"/api/directory/imports/{company.examples.run}/confirm",
            None,
        ),
        **source_acts.attempts(company.examples.source),
        "DELETE /api/directory/records": (
            "/api/directory/records?source=x&host_id=nobody-has-this",
            None,
        ),
        "POST /api/directory/recycle-bin/{record}/restore": (
            f"/api/directory/recycle-bin/{record}/restore",
            None,
        ),
        "POST /api/directory/records/{record}/merge": (
            f"/api/directory/records/{record}/merge",
            {"other": record},
        ),
        "PATCH /api/directory/records/{record}": (
            f"/api/directory/records/{record}",
            {"name": "x"},
        ),
        "POST /api/calls/{call}/comments": (f"/api/calls/{call}/comments", text),
        "PATCH /api/calls/{call}/comments/{comment}": (
            f"/api/calls/{call}/comments/{company.examples.comment}",
            {"text": "theirs"},
        ),
        "POST /api/recycle-bin/comments/{comment}/restore": (
            f"/api/recycle-bin/comments/{company.examples.comment}/restore",
            None,
        ),
        "POST /api/calls/missed/seen": ("/api/calls/missed/seen", {}),
        "GET /api/comments": (f"/api/comments?record={record}", None),
        "POST /api/recycle-bin/{call}/restore": (f"/api/recycle-bin/{deleted}/restore", None),
        "GET /api/audit": (f"/api/audit?tenant={tenant}", None),
        "GET /api/users": (f"/api/users?tenant={tenant}", None),
        "POST /api/users": (
            f"/api/users?tenant={tenant}",
            {"login": "intruder", "password": "long enough to do"},
        ),
        "PATCH /api/users/{user}": (f"/api/users/{company.user.id}", {"name": "x"}),
        "POST /api/users/{user}/invitation": (f"/api/users/{company.user.id}/invitation", None),
        "POST /api/keys": ("/api/keys", {"name": "x", "scopes": ["admin"]}),
        "PUT /api/users/{user}/openid": (f"/api/users/{company.user.id}/openid", {"sub": "17"}),
        "POST /api/me/second-factor": ("/api/me/second-factor", {"password": "a guess"}),
        "POST /api/me/second-factor/remove": (
            "/api/me/second-factor/remove",
            {"password": "a guess"},
        ),
        "POST /api/me/second-factor/confirm": (
            "/api/me/second-factor/confirm",
            {"code": "123456"},
        ),
        "PATCH /api/me": ("/api/me", {"preferences": {"theme": "dark"}}),
        "PUT /api/session/password": (
            "/api/session/password",
            {"current": "a guess", "password": "long enough to do"},
        ),
        "POST /api/sweeps": ("/api/sweeps", {"tenant": tenant}),
        "GET /api/dead-letters": (f"/api/dead-letters?tenant={tenant}", None),
        "POST /api/dead-letters/replay": (
            f"/api/dead-letters/replay?tenant={tenant}",
            None,
        ),
        "POST /api/dead-letters/{letter}/replay": (f"/api/dead-letters/{letter}/replay", None),
    }
    every = ((route, *route.split(" ")) for route in LEAST)
    plain = {
        route: (path.format(**ids), None)
        for route, method, path in every
        if route not in table and method in {"GET", "DELETE"}
    }
    return table | plain
