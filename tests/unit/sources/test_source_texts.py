"""The texts of the API say which sources there are."""

from typing import get_args

from softphone_matcher.sources.source import SourceKind, SourceSettings


def test_every_kind_of_source_is_described() -> None:
    text = SourceSettings.model_fields["kind"].description or ""
    assert [kind for kind in get_args(SourceKind) if f"`{kind}`" not in text] == []
