"""Which of a phone's call ids can tell calls apart."""

import pytest

from softphone_common.domain.numbers import NumberProfile, normalise
from softphone_ingest.names import usable

REMOTE = normalise("089 99998001", NumberProfile())
SHORT = normalise("17", NumberProfile())
SCOPES = ("pbx", "device:d1", "extension:21")


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(
    "external",
    [
        "a84b4c76",
        "1541078811.98",
        "313536-7k2m9x@192.168.1.21",
        "17",
        "000017",
        "33093",
        "3c26b0-aa@pbx.example.de",
        "{6f9619ff-8b86-5d01-b42d-00cf4fc964ff}",
        "+4989",
        "4989999980017",
    ],
)
def test_an_id_of_the_phone_is_usable(scope: str, external: str) -> None:
    assert usable(scope, external, REMOTE)
    assert usable(scope, external, None)
    assert not usable("none", external, REMOTE)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(
    "external",
    [
        *("", "$call_id", "$call-id", "%1", "{callid}", "${UNIQUEID}", "[CALLID]", "<id>"),
        *("<call-id>", "null", "NONE", "undefined", "unknown", "-", "--", "000"),
    ],
)
def test_a_placeholder_is_not(scope: str, external: str) -> None:
    assert not usable(scope, external, REMOTE)
    assert not usable(scope, external, None)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(
    "external",
    ["08999998001", "+498999998001", "498999998001", "00498999998001", "8999998001", "99998001"],
)
def test_the_callers_number_is_not(scope: str, external: str) -> None:
    assert not usable(scope, external, REMOTE)
    assert not usable(scope, external, normalise("+49 (0) 89 / 99998001", NumberProfile()))


@pytest.mark.parametrize(
    ("external", "scope", "is_usable"),
    [
        ("0", "pbx", False),
        ("0", "device:d1", True),
        ("17", "pbx", False),
        ("17", "device:d1", True),
    ],
)
def test_a_counter_of_one_phone_may_be_short(external: str, scope: str, is_usable: bool) -> None:
    assert usable(scope, external, SHORT) == is_usable
