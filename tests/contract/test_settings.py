"""Holds the settings tables of the READMEs against the settings classes."""

import pytest

from softphone_common.process.settings import PREFIX, Settings
from softphone_common.runtime.registry import installed_services
from softphone_onebox.settings import OneboxSettings
from support.paths import ROOT

TABLES = {
    "libs/common": set(Settings.model_fields),
    "deploy/onebox": set(OneboxSettings.model_fields),
    **{
        f"services/{name}": set(definition.settings.model_fields) - set(Settings.model_fields)
        for name, definition in installed_services().items()
    },
}


@pytest.mark.parametrize("place", TABLES)
def test_readme_names_every_setting_and_no_other(place: str) -> None:
    lines = (ROOT / place / "README.md").read_text().splitlines()
    rows = {line.split("`")[1] for line in lines if line.startswith(f"| `{PREFIX}")}
    assert rows == {f"{PREFIX}{name.upper()}" for name in TABLES[place]}
