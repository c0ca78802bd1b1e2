"""Which of a phone's call ids can tell calls apart."""

import pytest

from softphone_common.domain.numbers import NumberProfile, normalise
from softphone_ingest.identity import usable

REMOTE = normalise("089 99998001", NumberProfile())


@pytest.mark.parametrize(
    "external",
    ["a84b4c76", "1541078811.98", "313536-7k2m9x@192.168.1.21", "17", "3c26b0-aa@pbx.example.de"],
)
def test_an_id_of_the_phone_is_usable(external: str) -> None:
    assert usable(external, REMOTE)


@pytest.mark.parametrize(
    "external",
    ["", "$call_id", "$call-id", "%1", "{callid}", "${UNIQUEID}", "[CALLID]", "<id>", "null", "0"],
)
def test_a_placeholder_is_not(external: str) -> None:
    assert not usable(external, REMOTE)


@pytest.mark.parametrize("external", ["08999998001", "+498999998001", "498999998001"])
def test_the_callers_number_is_not(external: str) -> None:
    assert not usable(external, REMOTE)
