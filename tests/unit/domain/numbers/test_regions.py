"""Each country that a number profile may have has a German and an English name of its own."""

from collections import Counter

from softphone_common.domain.numbers.notation.regions import regions
from softphone_common.domain.numbers.plan import is_region


def test_every_region_of_a_profile_has_its_names() -> None:
    assert len(regions()) > 200
    for region in regions():
        assert is_region(region.region)
        assert region.country_code > 0
        for name in (region.name_de, region.name_en):
            assert name[:1].isalpha()
            assert "*" not in name


def test_names_of_regions_are_told_apart() -> None:
    for names in ([r.name_de for r in regions()], [r.name_en for r in regions()]):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_switzerland_and_seychelles_have_their_own_codes() -> None:
    by_name = {region.name_de: region for region in regions()}
    switzerland, seychelles = by_name["Schweiz"], by_name["Seychellen"]
    assert (switzerland.region, switzerland.country_code) == ("CH", 41)
    assert (seychelles.region, seychelles.country_code) == ("SC", 248)
    assert switzerland.name_en == "Switzerland"
