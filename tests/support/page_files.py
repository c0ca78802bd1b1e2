"""The files of the page as npm has built them: their names have hashes, which change with them."""

from support.paths import ROOT

BUILT = ROOT / "services" / "notifier" / "src" / "softphone_notifier" / "web"


def address_of(suffix: str) -> str:
    """The address of the first file with this suffix that every user loads, such as `.js`."""
    names = sorted(path.name for path in BUILT.glob(f"*-*{suffix}"))
    assert names, "the page is not built: deploy/install test"
    return f"/web/{next((name for name in names if name.startswith('page-')), names[0])}"
