"""Holds the table of problems against the sources that raise them, the schemas and the docs."""

import ast
import json
import re
from collections.abc import Iterator
from string import Formatter

import pytest
from pydantic import SecretStr

from softphone_common.contracts import problem_codes, websocket
from softphone_common.contracts.problem_codes import (
    FIELD_PROBLEMS,
    PROBLEMS,
    SCHEMA_PROBLEMS,
)
from softphone_common.contracts.problems_page import as_markdown
from softphone_common.contracts.websocket import CLOSE_REASONS
from softphone_common.domain.numbers import profile_error
from softphone_common.runtime.registry import installed_services
from softphone_ingest.mapping.schema import Mapping
from softphone_testing.installation_keys import KEYS
from support.paths import ROOT

TEXTS = {code: text for code, (_, text) in PROBLEMS.items()} | dict(FIELD_PROBLEMS)
TABLES = {problem_codes.__file__, profile_error.__file__, websocket.__file__}
SOURCES = [
    path
    for folder in ("libs", "services", "deploy")
    for path in (ROOT / folder).rglob("src/**/*.py")
    if str(path) not in TABLES
]
GATEWAY = ROOT / "deploy" / "gateway" / "nginx.conf"
RAISED_BY = {
    "ProblemError": 0,
    "ProfileError": 0,
    "ActivationError": 0,
    "HitError": 1,
    "problem": 0,
    "invalid": 0,
}
CLOSED_BY = {"_Close": 0, "close_with": -1}
"""The place of the code among the arguments of what takes one."""

OF_SCHEMA = {
    "str": {"string-type", "string-unicode"},
    "str.min_length": {"string-too-short"},
    "str.max_length": {"string-too-long"},
    "str.pattern": {"string-pattern-mismatch"},
    "int": {"int-type", "int-parsing", "int-parsing-size", "int-from-float", "finite-number"},
    "int.ge": {"greater-than-equal"},
    "int.le": {"less-than-equal"},
    "bool": {"bool-type", "bool-parsing"},
    "literal": {"literal-error"},
    "list": {"list-type"},
    "list.max_length": {"too-long"},
    "tuple": {"tuple-type"},
    "tuple.max_length": {"too-long"},
    "dict": {"dict-type"},
    "dict.max_length": {"too-long"},
    "model": {"model-type", "model-attributes-type"},
    "model-fields": {"missing", "extra-forbidden"},
    "dataclass": {"dataclass-type"},
    "dataclass-args": {"missing", "unexpected-keyword-argument"},
    "datetime": {
        "datetime-type",
        "datetime-parsing",
        "datetime-from-date-parsing",
        "datetime-object-invalid",
    },
    "datetime.tz_constraint": {"timezone-aware"},
}
"""The codes each kind of pydantic's core schema can fail with, by its constraints."""

NEVER_FAILS = {
    "any",
    "default",
    "definition-ref",
    "definitions",
    "model-field",
    "dataclass-field",
    "nullable",
    "no-info",
    "with-info",
} | {
    "function-after",
    "function-before",
}
BOUNDS = {"min_length", "max_length", "pattern", "ge", "le", "gt", "lt", "multiple_of"} | {
    "tz_constraint"
}


def strings() -> dict[str, str]:
    """Every string constant of the sources, with the file it is in."""
    return {
        node.value: path.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def raised(by: dict[str, int] = RAISED_BY) -> Iterator[tuple[str, set[str], str]]:
    """Each code the sources raise literally, the names of its parameters, and where it stands."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = by.get(name)
            if place is None or len(node.args) <= place:
                continue
            code = node.args[place]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                params = {word.arg for word in node.keywords if word.arg is not None}
                where = f"{path.name}:{node.lineno}"
                yield code.value, params - {"field", "headers", "text"}, where


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_raised_code_is_in_the_table_with_its_params() -> None:
    found = list(raised())
    assert len(found) > 80
    for code, params, where in found:
        assert code in TEXTS, where
        assert params == placeholders(TEXTS[code]), where


def test_every_code_of_the_table_is_raised_somewhere() -> None:
    used = set(strings()) | {answer["code"] for answer in gateway_answers()}
    assert set(TEXTS) - used == set()


def test_sockets_close_with_reasons_of_the_table() -> None:
    closed = {reason: where for reason, _, where in raised(CLOSED_BY)}
    assert set(closed) - set(CLOSE_REASONS) == set()
    assert set(CLOSE_REASONS) - set(strings()) == set()
    of_tokens = {code for code, (status, _) in PROBLEMS.items() if status == 401}
    assert {code for code in of_tokens if code.startswith("token-")} - {"token-missing"} <= set(
        CLOSE_REASONS
    )


@pytest.mark.parametrize("code", TEXTS)
def test_a_code_is_named_like_a_field_and_has_one_table(code: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+|missing", code)
    assert (code in PROBLEMS) + (code in FIELD_PROBLEMS) + (code in SCHEMA_PROBLEMS) == 1


def test_docs_are_the_table_of_the_code() -> None:
    again = "write it anew: python -m softphone_common.contracts.problems_page > docs/problems.md"
    assert (ROOT / "docs" / "problems.md").read_text() == as_markdown(), again


def gateway_answers() -> list[dict[str, object]]:
    """The problems the gateway answers with by itself."""
    bodies = re.findall(r"return (\d+) '(\{\"type\".*\})';", GATEWAY.read_text())
    return [{**json.loads(body), "sent": int(status)} for status, body in bodies]


def test_the_gateway_answers_with_codes_of_the_table() -> None:
    answers = gateway_answers()
    assert len(answers) == 6
    for answer in answers:
        code, params = str(answer["code"]), answer["params"]
        assert isinstance(params, dict)
        assert PROBLEMS[code][0] == answer["status"] == answer["sent"]
        assert set(params) == placeholders(TEXTS[code])


async def test_every_code_a_schema_can_fail_with_is_in_the_table() -> None:
    reachable = set(_codes_of(Mapping.__pydantic_core_schema__))
    for schema in await _request_schemas():
        reachable |= set(_codes_of(schema))
    assert reachable - set(SCHEMA_PROBLEMS) == {"missing"}
    assert set(SCHEMA_PROBLEMS) - reachable == set()


async def _request_schemas() -> list[object]:
    schemas: list[object] = []
    for definition in installed_services().values():
        settings = definition.settings(
            amqp_url=SecretStr("amqp://nobody@localhost/"),
            mongo_url=SecretStr("mongodb://localhost/softphone"),
            redis_url=SecretStr("redis://localhost/"),
            **KEYS,
        )
        service = await definition.build(settings)
        for route in (route for router in service.routers for route in router.routes):
            parts = getattr(route, "dependant", None)
            if parts is not None:
                params = (*parts.body_params, *parts.query_params, *parts.path_params)
                schemas += [field._type_adapter.core_schema for field in params]
        for resource in service.resources:
            await resource.stop()
    return schemas


def _codes_of(schema: object) -> Iterator[str]:
    if isinstance(schema, list | tuple):
        for part in schema:
            yield from _codes_of(part)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    if isinstance(kind, str):
        if kind not in NEVER_FAILS:
            yield from OF_SCHEMA[kind]
        for bound in BOUNDS & set(schema):
            yield from OF_SCHEMA[f"{kind}.{bound}"]
    for part in schema.values():
        yield from _codes_of(part)
