"""Every route of the app, the least role it wants, and how to reach for what is behind it."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import _IncludedRouter
from starlette.routing import BaseRoute, Route, WebSocketRoute

from softphone_common.contracts.events import Role
from softphone_testing.activation_codes import code
from support.installation import Json
from support.tenants import NUMBER, Company

OPEN = {
    # routes without a token: each has its own proof of who is asking, or shows nothing of anybody
    *(
        f"{method} {slashes}hit/{{key}}{event}"
        for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS")
        for slashes in ("/", "//")
        for event in ("", "/{event:path}")
    ),
    "POST /api/session",
    "DELETE /api/session",
    "POST /api/session/renew",
    "GET /",
    "GET /web/{name}",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
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
    "GET /api/presets": "admin",
    "GET /api/tenant": "user",
    "PATCH /api/tenant": "admin",
    "PUT /api/tenant/activation": "admin",
    "PUT /api/tenants/{tenant}": "operator",
    "GET /api/directory/records": "user",
    "POST /api/directory/records": "admin",
    "GET /api/directory/records/{record}": "user",
    "PATCH /api/directory/records/{record}": "admin",
    "DELETE /api/directory/records/{record}": "admin",
    "GET /api/calls": "user",
    "GET /api/calls/{call}": "user",
    "DELETE /api/calls/{call}": "admin",
    "POST /api/calls/{call}/comments": "user",
    "GET /api/comments": "user",
    "GET /api/recycle-bin": "admin",
    "POST /api/recycle-bin/{call}/restore": "admin",
    "GET /api/users": "admin",
    "POST /api/users": "admin",
    "PATCH /api/users/{user}": "admin",
    "DELETE /api/users/{user}": "admin",
    "GET /api/sweeps": "operator",
    "POST /api/sweeps": "operator",
    "GET /api/sweeps/schedule": "operator",
    "GET /api/dead-letters": "operator",
    "POST /api/dead-letters/replay": "operator",
    "GET /api/dead-letters/{letter}": "operator",
    "DELETE /api/dead-letters/{letter}": "operator",
    "POST /api/dead-letters/{letter}/replay": "operator",
}


def routes(app: FastAPI) -> set[str]:
    """Every route of the app, also those its description leaves out and those of no router."""
    return {name for route in _all(app) for name in _names(*route)}


def _all(app: FastAPI) -> Iterator[tuple[BaseRoute, str]]:
    """Each with its whole path. What answers only where nothing else does is a route too."""
    for route in [*app.router.routes, *app.router._low_priority_routes]:
        if not isinstance(route, _IncludedRouter):
            yield route, str(getattr(route, "path", ""))
            continue
        joined = [*route.effective_route_contexts(), *route.effective_low_priority_routes()]
        for context in joined:
            whole = context.starlette_route or context
            yield context.original_route, str(getattr(whole, "path", ""))


def _names(route: BaseRoute, path: str) -> list[str]:
    """Of a kind nobody knows here the kind itself, which is in no table."""
    if isinstance(route, Route):
        return [f"{method} {path}" for method in route.methods or {"ANY"}]
    kind = "WS" if isinstance(route, WebSocketRoute) else type(route).__name__
    return [f"{kind} {path}"]


def attempts(t: Company, letter: str = "0") -> dict[str, tuple[str, Json | None]]:
    """For every route that needs a token, how somebody would reach for this company's."""
    text: Json = {"text": "theirs", "record": None}
    return {
        "POST /api/dial": ("/api/dial", {"number": NUMBER, "extension": "21"}),
        "GET /api/dial/link": ("/api/dial/link", None),
        "PUT /api/dial/link": ("/api/dial/link", {"link": "tel:{number}", "user": t.user.id}),
        "DELETE /api/dial/link": ("/api/dial/link", None),
        "GET /api/devices": ("/api/devices", None),
        "POST /api/devices": ("/api/devices", {"name": "x", "tenant": t.tenant}),
        "PATCH /api/devices/{device}": (f"/api/devices/{t.phone.id}", {"name": "x"}),
        "DELETE /api/devices/{device}": (f"/api/devices/{t.phone.id}", None),
        "GET /api/devices/{device}": (f"/api/devices/{t.phone.id}", None),
        "POST /api/devices/{device}/key": (f"/api/devices/{t.phone.id}/key", None),
        "GET /api/devices/{device}/urls": (f"/api/devices/{t.phone.id}/urls", None),
        "GET /api/devices/{device}/hits": (f"/api/devices/{t.phone.id}/hits", None),
        "POST /api/devices/{device}/hits/{hit}/replay": (
            f"/api/devices/{t.phone.id}/hits/{t.hit}/replay",
            None,
        ),
        "POST /api/devices/{device}/try": (
            f"/api/devices/{t.phone.id}/try",
            {"request": "/ringing?extension=21&number=1"},
        ),
        "GET /api/presets": ("/api/presets", None),
        "GET /api/tenant": ("/api/tenant", None),
        "PATCH /api/tenant": ("/api/tenant", {"name": "x", "id": t.tenant}),
        "PUT /api/tenant/activation": ("/api/tenant/activation", {"code": code(t.tenant)}),
        "PUT /api/tenants/{tenant}": (f"/api/tenants/{t.tenant}", {"name": "x"}),
        "GET /api/directory/records": ("/api/directory/records", None),
        "POST /api/directory/records": (
            "/api/directory/records",
            {"type": "contact", "name": "x", "tenant": t.tenant},
        ),
        "GET /api/directory/records/{record}": (f"/api/directory/records/{t.record}", None),
        "PATCH /api/directory/records/{record}": (
            f"/api/directory/records/{t.record}",
            {"name": "x"},
        ),
        "DELETE /api/directory/records/{record}": (f"/api/directory/records/{t.record}", None),
        "GET /api/calls": ("/api/calls", None),
        "GET /api/calls/{call}": (f"/api/calls/{t.call}", None),
        "DELETE /api/calls/{call}": (f"/api/calls/{t.call}", None),
        "POST /api/calls/{call}/comments": (f"/api/calls/{t.call}/comments", text),
        "GET /api/comments": (f"/api/comments?record={t.record}", None),
        "GET /api/recycle-bin": ("/api/recycle-bin", None),
        "POST /api/recycle-bin/{call}/restore": (f"/api/recycle-bin/{t.deleted}/restore", None),
        "GET /api/users": (f"/api/users?tenant={t.tenant}", None),
        "POST /api/users": (
            f"/api/users?tenant={t.tenant}",
            {"login": "intruder", "password": "long enough to do"},
        ),
        "PATCH /api/users/{user}": (f"/api/users/{t.user.id}", {"name": "x"}),
        "DELETE /api/users/{user}": (f"/api/users/{t.user.id}", None),
        "GET /api/sweeps": ("/api/sweeps", None),
        "POST /api/sweeps": ("/api/sweeps", {"tenant": t.tenant}),
        "GET /api/sweeps/schedule": ("/api/sweeps/schedule", None),
        "GET /api/dead-letters": (f"/api/dead-letters?tenant={t.tenant}", None),
        "POST /api/dead-letters/replay": (f"/api/dead-letters/replay?tenant={t.tenant}", None),
        "GET /api/dead-letters/{letter}": (f"/api/dead-letters/{letter}", None),
        "DELETE /api/dead-letters/{letter}": (f"/api/dead-letters/{letter}", None),
        "POST /api/dead-letters/{letter}/replay": (f"/api/dead-letters/{letter}/replay", None),
    }
