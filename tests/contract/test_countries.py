"""The list of countries on the page is that of the numbers the server can read."""

import re

import phonenumbers
import pytest
from pydantic import ValidationError

from softphone_common.domain.numbers.plan import is_region
from softphone_common.domain.numbers.profile import NumberProfile, merge_profile
from softphone_common.domain.numbers.profile_error import ProfileError
from softphone_ingest.tenants.routes import TenantChanges
from support.paths import ROOT

COUNTRY = ROOT / "libs/web/src/company/country.ts"


def test_page_offers_every_country_the_server_takes_and_no_other() -> None:
    listed, _, _ = COUNTRY.read_text("utf-8").partition(").split")
    codes = re.findall(r"\b[A-Z]{2}\b", listed)
    assert len(codes) == len(set(codes))
    assert set(codes) == set(phonenumbers.SUPPORTED_REGIONS)


def test_names_and_spellings_of_countries_are_refused() -> None:
    for text in ("Schweiz", "Sc", "ch", "CHE", "41", " CH", ""):
        assert not is_region(text), text


@pytest.mark.parametrize("region", ["Schweiz", "Switzerland", "Sc", "ch"])
def test_country_that_is_not_of_the_list_is_refused_by_name(region: str) -> None:
    """As company and phone settings are saved over the API."""
    with pytest.raises(ValidationError) as of_company:
        TenantChanges.model_validate({"numbers": {"region": region}})
    (error,) = of_company.value.errors()
    assert (error["loc"], error["ctx"]["error"].code) == (("numbers",), "region-unknown")
    with pytest.raises(ProfileError) as of_phone:
        merge_profile(NumberProfile(), {"region": region})
    assert (of_phone.value.code, of_phone.value.field) == ("region-unknown", "region")


def test_seychelles_can_be_chosen() -> None:
    changes = TenantChanges.model_validate({"numbers": {"region": "SC"}})
    assert changes.numbers is not None
    assert changes.numbers.region == "SC"
