"""Holds the page's types of frames against the models that the server sends."""

from softphone_common.contracts.typescript import typescript
from support.paths import ROOT

PAGE = ROOT / "services" / "notifier" / "src" / "softphone_notifier" / "web"


def test_page_types_are_the_frames_of_the_server() -> None:
    assert (PAGE / "frames.d.ts").read_text("utf-8") == typescript(), "run: make contracts"
