"""What ingest's OpenAPI describes is what ingest does, for right requests and for wrong ones."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from inprocess import Installation, bearer

DESCRIPTION = Path(__file__).parents[2] / "docs" / "openapi" / "ingest.json"
REFUSALS = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
CONFIG = schemathesis.Config.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}
)
SCHEMA: Any = schemathesis.openapi.from_path(DESCRIPTION, config=CONFIG)
OPERATIONS: dict[str, Any] = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}


@dataclass(frozen=True)
class Somebody:
    """Who may do everything at a tenant of his own, and what stands in its addresses."""

    token: str
    names: dict[str, str]


@pytest.fixture(scope="module")
async def somebody(office: Installation) -> Somebody:
    company = await office.make_company()
    device = await office.post("/api/devices", company.admin, {"name": "Desk"})
    token = office.token(company.tenant, "operator", ("21",))
    return Somebody(token, {"key": company.key, "device": device["id"], "tenant": company.tenant})


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("label", OPERATIONS)
async def test_an_operation_answers_as_described(
    office: Installation, somebody: Somebody, label: str, mode: GenerationMode
) -> None:
    known = {name: value for name, value in somebody.names.items() if f"{{{name}}}" in label}
    # what fits the schema may still be wrong: a region that is none, a link that is none
    unchecked = [positive_data_acceptance]
    made_up = OPERATIONS[label].as_strategy(generation_mode=mode)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=made_up, real=st.booleans())
    def check(case: Any, real: bool) -> None:
        if real and label != "DELETE /api/devices/{device}":
            case.path_parameters = {**(case.path_parameters or {}), **known}
        # what was wrong may have been the name, which is right now
        mended = [negative_data_rejection] if real and known else []
        case.call_and_validate(
            base_url=office.url,
            headers=bearer(somebody.token),
            timeout=20,
            excluded_checks=[*unchecked, *mended],
        )

    await asyncio.to_thread(check)
