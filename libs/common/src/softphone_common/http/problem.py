"""Errors as RFC 9457 problem+json; every error of every service leaves through here."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from softphone_common.contracts.problem_codes import (
    PROBLEMS,
    is_of_schema,
    json_reason,
    of_validation,
    place_of,
    status_of,
    text_of,
)
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log

RETRY_AFTER = {"Retry-After": "2"}


class FieldProblem(BaseModel):
    """One field that is wrong."""

    field: str
    message: str
    code: str = Field(description="Stable; docs/problems.md lists all codes")
    params: dict[str, Any] = Field(description="The values in the text of the code")


class Problem(BaseModel):
    """A problem (RFC 9457). Act on `code`; `detail` is English for people and may change."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Unprocessable Entity",
                "status": 422,
                "detail": "number cannot be dialled",
                "code": "number-not-dialable",
                "params": {},
                "errors": [
                    {
                        "field": "number",
                        "message": "number cannot be dialled",
                        "code": "number-not-dialable",
                        "params": {},
                    }
                ],
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; docs/problems.md lists all codes")
    params: dict[str, Any] = Field(description="The values in the text of the code")
    errors: list[FieldProblem] = Field([], description="One entry for each field that is wrong")


_REF = "#/components/schemas/{model}"
DOCUMENTED: dict[str, Any] = {
    "description": "A problem: `code` says which one, `errors` which fields are wrong",
    "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}},
}
"""How OpenAPI describes an error of any route."""


class FieldError(Protocol):
    """An exception that names a field and a code, such as a request that cannot be interpreted."""

    field: str
    code: str
    why: str
    params: dict[str, Any]


class ProblemError(Exception):
    """An answer other than success, by its code in the table of problems.

    `field` adds an entry to `errors`. `text` replaces the table's text, for codes of pydantic's.
    """

    def __init__(
        self,
        code: str,
        /,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        text: str | None = None,
        **params: Any,
    ) -> None:
        self.code = code
        self.status = status_of(code)
        self.params = params
        self.headers = dict(headers or {})
        text = text_of(code, params) if text is None else text
        # a text of FIELD_PROBLEMS is a predicate: it needs its field in front
        self.detail = text if field is None or code in PROBLEMS else f"{field} {text}"
        self.errors: list[dict[str, Any]] = []
        if field is not None:
            self.errors = [{"field": field, "message": self.detail, "code": code, "params": params}]
        super().__init__(self.detail)

    @classmethod
    def of(cls, error: FieldError) -> "ProblemError":
        """The problem of a field that some function without HTTP refused."""
        if is_of_schema(error.code):
            entry = {"field": error.field, "message": error.why}
            return cls.of_errors([{**entry, "code": error.code, "params": error.params}])
        return cls(error.code, error.field, text=error.why, **error.params)

    @classmethod
    def of_errors(cls, errors: list[dict[str, Any]]) -> "ProblemError":
        """A request with these entries of `errors`."""
        whole = cls("request-invalid")
        whole.errors = errors
        whole.detail = "; ".join(f"{error['field']}: {error['message']}" for error in errors)
        return whole

    @classmethod
    def of_fields(cls, codes: Mapping[str, str]) -> "ProblemError":
        """A request with several fields that are wrong: the code of each by its name."""
        whole = cls("request-invalid")
        fields = [cls(code, field) for field, code in codes.items()]
        whole.errors = [error for field in fields for error in field.errors]
        whole.detail = "; ".join(field.detail for field in fields)
        return whole

    def response(self) -> Response:
        """The problem as an HTTP response."""
        return _response(self.code, self.params, self.detail, self.errors, self.headers)


def problem(code: str, headers: Mapping[str, str] | None = None, **params: Any) -> Response:
    """The response with this code, for places that answer without raising."""
    return ProblemError(code, headers=headers, **params).response()


def _response(
    code: str,
    params: Mapping[str, Any],
    detail: str,
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
    status: int | None = None,
) -> Response:
    status = status_of(code) if status is None else status
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "params": dict(params),
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
    _describe(app)


def _describe(app: FastAPI) -> None:
    """Adds the schema of a problem to the OpenAPI document, once for all routes."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schema = Problem.model_json_schema(ref_template=_REF)
        parts = {**schema.pop("$defs"), "Problem": schema}
        document.setdefault("components", {}).setdefault("schemas", {}).update(parts)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return error.response()


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors: list[dict[str, Any]] = []
    for details in error.errors():
        if details["type"] == "json_invalid":
            # `loc` has the position in the text in place of a field
            reason = json_reason(details["ctx"]["error"], int(details["loc"][-1]))
            errors += ProblemError("json-invalid", "body", reason=reason).errors
            continue
        # the first part of `loc` is where the field was: path, query, header or body
        place = place_of(details)
        field = ".".join(str(part) for part in place[1:]) or str(place[0])
        code, params, message = of_validation(details)
        errors.append({"field": field, "message": message, "code": code, "params": params})
    return ProblemError.of_errors(errors).response()


async def _on_http(_: Request, error: Exception) -> Response:
    """Answers what Starlette and FastAPI refuse themselves: routes, methods, unreadable bodies."""
    assert isinstance(error, HTTPException)
    code = _OF_STATUS.get(error.status_code, "request-unreadable")
    detail = text_of(code, {})
    return _response(code, {}, detail, (), error.headers, error.status_code)


_OF_STATUS = {404: "address-unknown", 405: "method-not-allowed"}


async def _on_unavailable(_: Request, error: Exception) -> Response:
    assert isinstance(error, UnavailableError)
    log.warning("answered 503", resource=error.resource, error=str(error))
    return problem("resource-unavailable", headers=RETRY_AFTER, resource=error.resource)


async def _on_crash(_: Request, error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return problem("internal-error")
