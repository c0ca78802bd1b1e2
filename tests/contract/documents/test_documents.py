"""Holds the documents against the tree: files and links exist, the glossary's words are used."""

import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

from e2e.tour.pictures import SHOWN, THEMES
from support.paths import ROOT

GLOSSARY_ROWS_MAX = 40

TOP_FOLDERS = {"deploy", "docs", "libs", "services", "tests"}
FILES = sorted(
    path
    for path in (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    # what git does not know is at the top, apart from installed packages of the page
    if (len(path.parts) == 1 or path.parts[0] in TOP_FOLDERS) and "node_modules" not in path.parts
)
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]
OVERVIEWS = ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md"]
PICTURES = Path("docs/screenshots")
PICTURES_MAX = 3_000_000
"""Bytes of all pictures in the documents."""
PICTURE = re.compile(r"""(?:src|srcset)="(?!https?:)([^"]+)"|!\[[^\]]*\]\((?!https?:)([^)]+)\)""")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
NAMED_FILE = re.compile(r"`(?!build/)([\w./-]+\.(?:py|lua|toml|md|json|jsonl|yaml|conf|ts|js|sh))`")
PATHS = [f"/{path.as_posix()}".replace("softphone_", "") for path in FILES]


def glossary() -> list[list[str]]:
    """The rows of the glossary: its words, their meaning, the file that defines them."""
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return rows[1:]


@cache
def names_in_code() -> str:
    """All names in the product's Python, split into lower-case words, one name a line."""
    found: set[str] = set()
    for path in FILES:
        if path.suffix == ".py" and path.parts[0] in {"libs", "services", "deploy"}:
            source = io.StringIO((ROOT / path).read_text("utf-8"))
            tokens = tokenize.generate_tokens(source.readline)
            found |= {token.string for token in tokens if token.type == tokenize.NAME}
    words = (re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower() for name in found)
    return "\n".join(sorted(words))


def test_glossary_is_short_and_sorted() -> None:
    words = [row[0] for row in glossary()]
    assert 0 < len(words) <= GLOSSARY_ROWS_MAX
    assert words == sorted(words)
    assert all(len(row) == 3 for row in glossary())


@pytest.mark.parametrize("row", glossary(), ids=lambda row: row[0])
def test_glossary_word_is_used_in_code(row: list[str]) -> None:
    for word in row[0].split(", "):
        assert re.search(rf"\b{word.replace('_', ' ')}s?\b", names_in_code()), word


@pytest.mark.parametrize("document", OVERVIEWS)
def test_named_files_exist(document: str) -> None:
    named = set(NAMED_FILE.findall((ROOT / document).read_text("utf-8")))
    missing = [
        name
        for name in named
        if not any(path.endswith(f"/{name.replace('softphone_', '')}") for path in PATHS)
    ]
    assert sorted(missing) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=Path.as_posix)
def test_links_lead_to_files(document: Path) -> None:
    folder = (ROOT / document).parent
    links = LINK.findall((ROOT / document).read_text("utf-8"))
    assert [link for link in links if not (folder / link).exists()] == []


def named_pictures() -> set[Path]:
    """The pictures that the documents show, as paths below the root."""
    found: set[Path] = set()
    for document in DOCUMENTS:
        for names in PICTURE.findall((ROOT / document).read_text("utf-8")):
            name = next(filter(None, names))
            found.add((ROOT / document.parent / name).resolve().relative_to(ROOT))
    return found


def test_named_pictures_exist() -> None:
    assert named_pictures()
    assert [str(path) for path in sorted(named_pictures()) if not (ROOT / path).is_file()] == []


def test_every_picture_is_shown_and_all_are_small() -> None:
    pictures = sorted((ROOT / PICTURES).iterdir())
    shown = {path.name for path in named_pictures() if path.parent == PICTURES}
    assert [path.name for path in pictures if path.name not in shown] == []
    assert sum(path.stat().st_size for path in pictures) <= PICTURES_MAX


def test_documents_show_what_the_tour_takes_for_them() -> None:
    shown = {path.stem for path in named_pictures() if path.parent == PICTURES}
    assert shown == {f"{name}-{theme}" for name in SHOWN for theme in THEMES}
