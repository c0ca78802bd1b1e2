"""Holds the settings tables of the READMEs against the settings classes."""

import pytest

from softphone_calllog.settings import CalllogSettings
from softphone_common.process.settings import PREFIX, Settings
from softphone_ingest.settings import IngestSettings
from softphone_janitor.settings import JanitorSettings
from softphone_matcher.settings import MatcherSettings
from softphone_notifier.settings import NotifierSettings
from softphone_onebox.settings import OneboxSettings
from support.paths import ROOT

OWN: dict[str, type[Settings]] = {
    "services/ingest": IngestSettings,
    "services/matcher": MatcherSettings,
    "services/calllog": CalllogSettings,
    "services/notifier": NotifierSettings,
    "services/janitor": JanitorSettings,
}
TABLES = {
    "libs/common": set(Settings.model_fields),
    "deploy/onebox": set(OneboxSettings.model_fields),
    **{place: set(own.model_fields) - set(Settings.model_fields) for place, own in OWN.items()},
}


@pytest.mark.parametrize("place", TABLES)
def test_readme_names_every_setting_and_no_other(place: str) -> None:
    lines = (ROOT / place / "README.md").read_text().splitlines()
    rows = {line.split("`")[1] for line in lines if line.startswith(f"| `{PREFIX}")}
    assert rows == {f"{PREFIX}{name.upper()}" for name in TABLES[place]}
