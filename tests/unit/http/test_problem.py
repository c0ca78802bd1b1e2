"""Every failure of an app is answered as a problem with a code, whatever raised it."""

from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import AfterValidator, BaseModel, Field

from softphone_common.contracts.problem_codes import invalid
from softphone_common.domain.numbers.profile_error import ProfileError
from softphone_common.http import app as http_app
from softphone_common.http.problem import ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_ingest.mapping.parsed_event import HitError
from softphone_testing.installation_keys import checked_tokens
from support.security_log import RecordedSecurityLog
from support.write_limits import read_limit, write_limit

BODY_MAX = 2048
JSON = {"content-type": "application/json"}


def no_vowels(text: str) -> str:
    if text == "region":
        raise ProfileError("region-unknown", "region")
    if set(text) & set("aeiou"):
        raise invalid("text-too-long", limit=0)
    return text


class Given(BaseModel):
    name: Annotated[str, Field(min_length=2), AfterValidator(no_vowels)]


def build() -> FastAPI:
    async def ready() -> dict[str, Any]:
        return {"ready": True}

    security = RecordedSecurityLog()
    app = http_app.build(
        "test", [], checked_tokens(), write_limit(), read_limit(), security, BODY_MAX, ready
    )

    @app.post("/checked")
    async def checked(given: Given) -> None: ...

    @app.post("/refused/{kind}")
    async def refused(kind: str) -> None:
        raise {
            "whole": ProblemError("users-full", limit=3),
            "field": ProblemError("text-too-long", field="text", limit=3),
            "away": UnavailableError("MongoDB", "no primary"),
            "bug": LookupError("a bug"),
        }[kind]

    return app


async def answer(path: str, **options: Any) -> tuple[int, dict[str, Any]]:
    transport = httpx.ASGITransport(build(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.request(options.pop("method", "POST"), path, **options)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == response.status_code
    return response.status_code, problem


@pytest.mark.parametrize(
    ("path", "options", "status", "code", "params"),
    [
        ("/refused/whole", {}, 409, "users-full", {"limit": 3}),
        ("/refused/field", {}, 422, "text-too-long", {"limit": 3}),
        ("/refused/away", {}, 503, "resource-unavailable", {"resource": "MongoDB"}),
        ("/refused/bug", {}, 500, "internal-error", {}),
        ("/nowhere", {}, 404, "address-unknown", {}),
        ("/checked", {"method": "GET"}, 405, "method-not-allowed", {}),
        ("/checked", {"content": b"x" * 3000}, 413, "body-too-large", {"limit": BODY_MAX}),
        ("/checked", {"content": b"{"}, 422, "request-invalid", {}),
    ],
)
async def test_a_failure_is_answered_with_its_code(
    path: str, options: dict[str, Any], status: int, code: str, params: dict[str, Any]
) -> None:
    answered, problem = await answer(path, **options)
    assert (answered, problem["code"], problem["params"]) == (status, code, params)


@pytest.mark.parametrize(
    ("body", "field", "code", "params"),
    [
        ({}, "name", "missing", {}),
        ({"name": "x"}, "name", "string-too-short", {"min_length": 2}),
        ({"name": 7}, "name", "string-type", {}),
        ({"name": "ab"}, "name", "text-too-long", {"limit": 0}),
        ({"name": "region"}, "name.region", "region-unknown", {}),
        ([], "body", "model-attributes-type", {}),
    ],
)
async def test_a_wrong_field_has_a_code_of_its_own(
    body: object, field: str, code: str, params: dict[str, Any]
) -> None:
    status, problem = await answer("/checked", json=body)
    (error,) = problem["errors"]
    assert (status, problem["code"]) == (422, "request-invalid")
    assert (error["field"], error["code"], error["params"]) == (field, code, params)
    assert error["message"] in problem["detail"]


async def test_broken_json_names_the_body_and_the_place() -> None:
    _, problem = await answer("/checked", content=b'{"name": }', headers=JSON)
    (error,) = problem["errors"]
    assert (error["field"], error["code"]) == ("body", "json-invalid")
    assert error["message"] == "body is not JSON: expecting value at character 10"
    assert error["message"] in problem["detail"]


def test_a_check_of_a_schema_is_one_field_of_an_invalid_request() -> None:
    error = HitError("mapping.fields", "dict-type", "must be a JSON object")
    problem = ProblemError.of(error)
    assert (problem.code, problem.detail) == (
        "request-invalid",
        "mapping.fields: must be a JSON object",
    )
    (entry,) = problem.errors
    assert (entry["field"], entry["code"]) == ("mapping.fields", "dict-type")


def test_a_predicate_is_shown_with_its_field_in_front() -> None:
    problem = ProblemError("text-too-long", field="text", limit=3)
    assert problem.detail == "text is longer than 3 characters"
    assert problem.errors[0]["message"] == problem.detail


def test_a_code_of_no_table_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        ProblemError("colour-unknown")
    with pytest.raises(KeyError):
        ProblemError("users-full")  # without its limit


def test_openapi_describes_the_code_of_every_problem() -> None:
    document = build().openapi()
    problem = document["components"]["schemas"]["Problem"]
    field = document["components"]["schemas"]["FieldProblem"]
    assert {"code", "params"} <= set(problem["required"])
    assert {"field", "message", "code", "params"} == set(field["required"])
    responses = document["paths"]["/checked"]["post"]["responses"]
    for status in ("422", "default"):
        (content,) = responses[status]["content"].values()
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
