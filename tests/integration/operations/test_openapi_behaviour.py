"""What the OpenAPI documents describe is what is done, for right requests and for wrong ones."""

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
        # a parameter nobody knows is no mistake
        "generation": {"allow-extra-parameters": False},
    }
)
SCHEMAS: list[Any] = [
    schemathesis.openapi.from_path(file, config=CONFIG) for file in DESCRIPTIONS.glob("*.json")
]
OPERATIONS: dict[str, Any] = {
    found.ok().label: found.ok() for schema in SCHEMAS for found in schema.get_all_operations()
}
SETTINGS: dict[str, Any] = {"address_failures_max": 100_000}
"""However often somebody wrong signs in, what is said of it is tried."""
ENDS = {"DELETE /api/devices/{device}", "DELETE /api/users/{user}"}
"""What is named here would be gone for those that come after."""


@dataclass(frozen=True)
class Somebody:
    """Who may do everything at a tenant of his own, and what stands in its addresses."""

    token: str
    names: dict[str, str]


@pytest.fixture(scope="module")
async def somebody(installation: Installation) -> Somebody:
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
    return Somebody(installation.token(own.tenant, "operator", ("21",)), names)


def modes(operation: Any) -> list[GenerationMode]:
    """How it can be asked: wrongly only where not any text is right, as in names and in hits."""
    said = [*operation.query, *operation.body]
    any_is_right = not said or operation.path.startswith("/hit/")
    return [GenerationMode.POSITIVE] if any_is_right else list(GenerationMode)


# the services beside it in this process draw their own chances meanwhile
@pytest.mark.filterwarnings(
    "ignore:Do not use the .random. module:hypothesis.errors.HypothesisDeprecationWarning"
)
@pytest.mark.parametrize(
    ("label", "mode"),
    [(label, mode) for label, operation in OPERATIONS.items() for mode in modes(operation)],
)
async def test_an_operation_answers_as_described(
    installation: Installation, somebody: Somebody, label: str, mode: GenerationMode
) -> None:
    known = {name: value for name, value in somebody.names.items() if f"{{{name}}}" in label}
    # what fits the schema may still be wrong: a region that is none, a link that is none
    unchecked = [positive_data_acceptance]
    made_up = OPERATIONS[label].as_strategy(generation_mode=mode)

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=made_up, real=st.booleans())
    def check(case: Any, real: bool) -> None:
        if real and label not in ENDS:
            case.path_parameters = {**(case.path_parameters or {}), **known}
        # what was wrong may have been the name, which is right now; of a parameter said
        # several times the last counts
        twice = any(isinstance(said, list) for said in (case.query or {}).values())
        mended = [negative_data_rejection] if (real and known) or twice else []
        case.call_and_validate(
            base_url=installation.url,
            headers=bearer(somebody.token),
            timeout=60,
            excluded_checks=[*unchecked, *mended],
        )

    await asyncio.to_thread(check)
