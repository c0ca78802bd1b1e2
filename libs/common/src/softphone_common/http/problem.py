"""Errors as RFC 9457 problem+json; every error of every service leaves through here."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log

RETRY_AFTER = {"Retry-After": "2"}

DOCUMENTED: dict[str, Any] = {
    "description": "A problem: `detail` says what is wrong, `errors` which fields",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "errors": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "field": {"type": "string"},
                                "message": {"type": "string"},
                            },
                        },
                    },
                },
            }
        }
    },
}
"""How OpenAPI describes an error."""


class ProblemError(Exception):
    """An answer other than success. `errors` names fields: `{"field": ..., "message": ...}`."""

    def __init__(self, status: int, detail: str, field: str | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = [{"field": field, "message": detail}] if field else []
        self.headers: dict[str, str] = more.get("headers", {})


def problem(
    status: int,
    detail: str,
    errors: Sequence[dict[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """The response itself."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Makes the app answer every failure as a problem."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(UnavailableError, _on_unavailable)
    app.add_exception_handler(Exception, _on_crash)


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem(error.status, error.detail, error.errors, error.headers)


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"field": ".".join(str(p) for p in e["loc"][1:]) or str(e["loc"][0]), "message": e["msg"]}
        for e in error.errors()
    ]
    detail = "; ".join(f"{e['field']}: {e['message']}" for e in errors)
    return problem(422, detail, errors)


async def _on_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))


async def _on_unavailable(_: Request, error: Exception) -> Response:
    assert isinstance(error, UnavailableError)
    log.warning("answered 503", resource=error.resource, error=str(error))
    detail = f"{error.resource} does not answer; try again shortly"
    return problem(503, detail, headers=RETRY_AFTER)


async def _on_crash(_: Request, error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return problem(500, "An unexpected error; it has been logged")
