"""The table of senders in the docs follows from the presets."""

from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.mapping.presets.table import table
from support.paths import ROOT

SENDERS = ROOT / "docs" / "senders.md"


def test_checked_in_table_is_that_of_the_presets() -> None:
    written = SENDERS.read_text("utf-8")
    assert written == table(load_all().values()), "see the command in its second paragraph"
    for preset in load_all():
        assert f"| `{preset}` |" in written
