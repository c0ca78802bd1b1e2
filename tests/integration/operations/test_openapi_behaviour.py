"""Answers follow the OpenAPI documents, for valid and invalid requests."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from support.paths import ROOT
from support.product import bearer
from support.stack.full_company import make_full_company
from support.stack.installation import Installation

DESCRIPTIONS = ROOT / "docs" / "openapi"
REFUSALS = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}},
        # tests/contract/test_query_parameters.py has unknown parameters for every route; with this
        # schemathesis would also make up headers, which everybody ignores
        "generation": {"allow-extra-parameters": False},
    }
)
schemathesis.serializer.alias("application/x-ndjson", "text/plain")
SCHEMAS: list[Any] = [
    schemathesis.openapi.from_path(file, config=CONFIG) for file in DESCRIPTIONS.glob("*.json")
]
OPERATIONS: dict[str, Any] = {
    result.ok().label: result.ok() for schema in SCHEMAS for result in schema.get_all_operations()
}
SETTINGS: dict[str, Any] = {"address_failures_max": 100_000}
"""Failed sign-ins are part of the test and must not run into the rate limit."""
ENDS = {"DELETE /api/devices/{device}", "DELETE /api/users/{user}"}
"""Operations that would remove the things that later ones need."""

SINGLY = {"PUT /api/directory/records"}
"""Operations that refuse the invalid parts of a body one by one, in an answer that is a success."""


@dataclass(frozen=True)
class Caller:
    """A token that may use every operation, and values for the path parameters."""

    token: str
    names: dict[str, str]


@pytest.fixture(scope="module")
async def caller(installation: Installation) -> Caller:
    own = await make_full_company(installation)
    names = {
        **{
            "key": own.phone.key,
            "device": own.phone.id,
            "hit": own.examples.hit,
            "tenant": own.tenant,
        },
        **{"call": own.examples.call, "record": own.record, "user": own.user.id},
    }
    return Caller(installation.token(own.tenant, "operator", ("21",)), names)


def modes(operation: Any) -> list[GenerationMode]:
    """The modes of an operation; negative data needs a schema that some text breaks."""
    parameters = [*operation.query, *operation.body]
    any_is_right = not parameters or operation.path.startswith("/hit/") or operation.label in SINGLY
    return [GenerationMode.POSITIVE] if any_is_right else list(GenerationMode)


# services in this process use random numbers at the same time, which Hypothesis notices
@pytest.mark.filterwarnings(
    "ignore:Do not use the .random. module:hypothesis.errors.HypothesisDeprecationWarning"
)
@pytest.mark.parametrize(
    ("label", "mode"),
    [(label, mode) for label, operation in OPERATIONS.items() for mode in modes(operation)],
)
async def test_operation_answers_as_described(
    installation: Installation, caller: Caller, label: str, mode: GenerationMode
) -> None:
    path_values = {name: value for name, value in caller.names.items() if f"{{{name}}}" in label}
    # data that fits the schema may still be refused, such as an unknown region
    unchecked = [positive_data_acceptance]
    made_up = OPERATIONS[label].as_strategy(generation_mode=mode)

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=made_up, real=st.booleans())
    def check(case: Any, real: bool) -> None:
        if real and label not in ENDS:
            case.path_parameters = {**(case.path_parameters or {}), **path_values}
        # the path parameter may have been the invalid part, which is replaced above; of a list or
        # an object in the query one text may be sent, or none, which is valid
        is_text = any(isinstance(value, list | dict) for value in (case.query or {}).values())
        repaired = [negative_data_rejection] if (real and path_values) or is_text else []
        case.call_and_validate(
            base_url=installation.url,
            headers=bearer(caller.token),
            timeout=60,
            excluded_checks=[*unchecked, *repaired],
        )

    await asyncio.to_thread(check)
