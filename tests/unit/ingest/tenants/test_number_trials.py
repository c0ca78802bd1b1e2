"""A number that an administrator tries is read, shown and dialled as calls and clicks would be."""

import pytest

from softphone_common.contracts.entities import OwnNumber, Tenant
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.tenants.number_routes import NumberTrial, Way, tried

PROFILE = NumberProfile(area_code="89", outside_prefix="0", outside_prefix_mode="always")
TENANT = Tenant(
    id="acme",
    name="Huber GmbH",
    numbers=PROFILE,
    dial_spelling="outside",
    own_numbers=(OwnNumber(number="089 999980", name="Zentrale"),),
)
PLAIN = TENANT.model_copy(update={"numbers": NumberProfile()})


def test_number_is_read_as_a_phone_reports_it() -> None:
    result = tried(NumberTrial(number="003023125001"), TENANT)
    assert result.number.e164 == "+493023125001"
    assert result.number.display == "+49 30 23125001"
    assert (result.dialled, result.link) == ("003023125001", "tel:003023125001")
    assert (result.code, result.why, result.own_name) == (None, None, "")


def test_typed_number_is_read_without_the_prefix() -> None:
    result = tried(NumberTrial(number="030 23125001", direction="outbound"), TENANT)
    assert (result.number.e164, result.dialled) == ("+493023125001", "003023125001")


def test_own_number_is_named() -> None:
    assert tried(NumberTrial(number="+4989999980"), TENANT).own_name == "Zentrale"


def test_own_number_with_the_prefix_of_phones_is_named() -> None:
    with_prefix = OwnNumber(number="0089 999980", name="Zentrale")
    tenant = TENANT.model_copy(update={"own_numbers": (with_prefix,)})
    assert tried(NumberTrial(number="+4989999980"), tenant).own_name == "Zentrale"


def test_proposed_profile_replaces_that_of_the_tenant() -> None:
    swiss = NumberProfile(region="CH")
    trial = NumberTrial(number="044 668 18 00", numbers=swiss, dial_spelling="international")
    result = tried(trial, TENANT)
    assert (result.number.e164, result.dialled) == ("+41446681800", "0041446681800")


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_withheld_number_is_dialled_by_nobody(direction: Way) -> None:
    result = tried(NumberTrial(number="anonymous", direction=direction), TENANT)
    assert (result.number.kind, result.dialled, result.link) == ("anonymous", None, None)
    assert result.code is None


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("%number%", "number-placeholder"),
        ("Empfang", "number-without-digits"),
        ("99998001", "number-without-area-code"),
        ("0893", "number-too-short"),
        ("+49 89 999980012345678", "number-too-long"),
        ("0176 392000", "number-out-of-range"),
        ("+999 89 99998001", "number-country-unknown"),
    ],
)
def test_invalid_number_says_why(number: str, code: str) -> None:
    result = tried(NumberTrial(number=number), PLAIN)
    assert (result.number.kind, result.code) == ("invalid", code)
    assert result.why
    assert result.dialled is None


def test_local_number_is_read_with_the_area_code() -> None:
    assert tried(NumberTrial(number="99998001"), TENANT).number.e164 == "+498999998001"
