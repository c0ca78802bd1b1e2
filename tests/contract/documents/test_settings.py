"""Holds the settings tables of the READMEs against the settings classes."""

import pytest

from support.settings_tables import OWN_SETTINGS, descriptions, rows


@pytest.mark.parametrize("place", OWN_SETTINGS)
def test_readme_describes_every_setting_and_no_other(place: str) -> None:
    assert rows(place) == descriptions(place), "run the module support.settings_tables"
