"""The house finds unwanted prose, leaves look-alikes alone, and counts imports between rooms."""

import ast
from pathlib import Path

import pytest

from house import hops, imports, names, page, phrases, sizes
from house.checkout import Checkout, PythonFile
from house.prose import Piece, pieces

UNWANTED = [
    "Returns what was told.",
    "The number, as said by the phone, or as told.",
    "Whatever is asked is answered.",
    "Later than it was said.",
    "Compares what the phone told with the log.",
    "The told number of a call.",
    "Two calls cannot be told apart.",
    "A party that can be told from others.",
    "The user is no more.",
    "The queue takes no more; the spool does.",
    "A crash is made good at the next look.",
    "The broker has it, or else the file does.",
    "Only so many wait.",
    "Settles the messages in hand.",
    "Servers are started beside it.",
    "Whoever listens hears it.",
    "Seen by whoever is signed in.",
    "A withheld number is nobody's.",
    "A number is nobody's and is never matched.",
    "The opposite.",
    "Reads a key. The same.",
    "The same for a derived id",
    "What a call looks like.",
    "Reads it. What fails waits.",
    "Of the cluster every node is named.",
    "**What is not stopped here.** Floods are not.",
]

WANTED = [
    "There are others besides.",
    "What is a seat?",
    "What is a seat, and who has one? A seat is a user.",
    "Read the `known_hosts` file and the `beside` flag.",
    "The service runs until it is told to stop.",
    "The phone said 21, and the broker asked for more.",
    "Nobody's calls are shown. This is nobody's fault.",
    "It is no more than a hint, and needs no more memory.",
    "The same number is dialled twice.",
    "The opposite side hangs up.",
    "All kinds of phones. Whatever the phone sends is kept.",
    "Office hours are kept. Whatsoever.",
    "Numbers are handed on by hand in handlers.",
]


def rules_broken(text: str) -> list[str]:
    return [rule.name for rule, _ in phrases.in_piece(Piece("a.md", 1, text))]


@pytest.mark.parametrize("text", UNWANTED)
def test_phrase_unwanted_is_found(text: str) -> None:
    assert rules_broken(text)


@pytest.mark.parametrize("text", WANTED)
def test_phrase_that_only_looks_alike_is_not_found(text: str) -> None:
    assert rules_broken(text) == []


def test_phrase_across_lines_is_found_on_its_first_line() -> None:
    finding = next(f for _, f in phrases.in_piece(Piece("a.md", 3, "One\ntwo, or\nelse three.")))
    assert (finding.path, finding.line) == ("a.md", 4)


SOURCES = {
    "a.py": '"""Of the cluster."""\nx = f"{1} in hand"\n# beside\n# it\ny = 1  # noqa: beside\n',
    "b.js": '// The first.\nconst a = "wait, or else";\n/* beside */\nconst url = "https://x/beside";\n',
    "c.lua": "-- Keeps so\n-- many calls.\nlocal a = 'in hand'\n",
    "d.md": "# What came of it\n\n    what is told\n\n| Who | What |\n|---|---|\n| whoever | a |\n",
    "e.toml": '[a]\n# made good\nb = "so many of them"\n',
    "f.yaml": "a: 1 # or else\nb:\n  - description: What is left.\n",
    "Makefile": "# One beside the other.\nbeside: ; true\n",
    "g": "#!/usr/bin/env bash\necho 'nothing in hand'\n",
    "h.json": '{"a": "so many of them"}\n',
}

EXPECTED = {
    ("a.py", 1),
    ("a.py", 2),
    ("a.py", 3),
    ("b.js", 2),
    ("b.js", 3),
    ("c.lua", 1),
    ("c.lua", 3),
    ("d.md", 1),
    ("d.md", 7),
    ("e.toml", 2),
    ("e.toml", 3),
    ("f.yaml", 1),
    ("f.yaml", 3),
    ("Makefile", 1),
    ("g", 2),
}


def checkout(root: Path, sources: dict[str, str]) -> Checkout:
    for name, text in sources.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Checkout(root)


def test_phrase_in_each_kind_of_file_is_found(tmp_path: Path) -> None:
    findings = phrases.findings(checkout(tmp_path, SOURCES))
    assert {(finding.path, finding.line) for _, finding in findings} == EXPECTED


def test_prose_in_skipped_folders_is_not_read(tmp_path: Path) -> None:
    sources = {"node_modules/a.md": "in hand", ".venv/b.md": "in hand", "data/c.md": "in hand"}
    assert list(pieces(checkout(tmp_path, sources))) == []


def python(text: str) -> PythonFile:
    return PythonFile(Path("a.py"), text, ast.parse(text))


def test_docstring_under_four_words_is_found() -> None:
    text = (
        '"""A module."""\nclass A:\n    """Three words here."""\ndef a():\n    """One."""\n'
        'def _b():\n    """Private."""\ndef c():\n    """Four words are enough."""\n'
    )
    assert [finding.line for finding in names.in_file(python(text))] == [1, 3, 5]


def test_name_told_is_found_where_it_is_defined(tmp_path: Path) -> None:
    text = (
        "said = 1\ndef asked(told): return told\nclass A:\n    told: int = 1\n"
        "    def b(self): self._said = known_hosts = told_at = said\n"
    )
    findings = names.unwanted_names(checkout(tmp_path, {"a.py": text}))
    assert [finding.line for finding in findings] == [1, 2, 2, 4, 5]


def test_length_over_a_limit_is_found() -> None:
    function = "def test_" + "a" * sizes.TEST_NAME_MAX + "():\n" + "    pass\n" * sizes.FUNCTION_MAX
    files = [python(function + "\n" * sizes.FILE_MAX), python("def a():\n    pass\n")]
    for findings in (sizes.long_files, sizes.long_functions, sizes.long_test_names):
        assert [finding.line for finding in findings(files)] == [1]


def test_participle_as_variable_is_counted_once(tmp_path: Path) -> None:
    text = "found = 1\ndef a(given):\n    known = given\n    known = 2\n    known_hosts = known\n"
    findings = list(names.participles(checkout(tmp_path, {"a.py": text})))
    assert len(findings) == 2
    assert {finding.text for finding in findings} == {'variable "given"', 'variable "known"'}


PACKAGE = {
    "services/ingest/src/p/__init__.py": "",
    "services/ingest/src/p/service.py": "from p.a import routes\nfrom p.b import store\n",
    "services/ingest/src/p/a/__init__.py": "",
    "services/ingest/src/p/a/routes.py": (
        "from p.a.pipeline import run\nfrom p.b.other import find\n"
        'add("/hit/{key}", run)\n\n\ndef other():\n    return find()\n'
    ),
    "services/ingest/src/p/a/pipeline.py": "from ..b import store\nimport json\n",
    "services/ingest/src/p/b/__init__.py": "",
    "services/ingest/src/p/b/store.py": "async def a(bus): await bus.publish(1)\n",
    "services/ingest/src/p/b/other.py": "def f():\n    from p.a.pipeline import x\n",
}


def test_imports_between_rooms_are_counted(tmp_path: Path) -> None:
    (package,) = imports.packages(checkout(tmp_path, PACKAGE))
    rooms = package.room_graph()
    assert rooms == {"p": set(), "p.service": {"p.a", "p.b"}, "p.a": {"p.b"}, "p.b": {"p.a"}}
    assert imports.circles(rooms) == [{"p.a", "p.b"}]
    assert imports.arrows(package.module_graph()) == 6
    assert imports.floors(package.module_graph()) == 5
    assert package.room_sizes() == {"p": 1, "p.a": 2, "p.b": 2}


def test_way_of_a_hit_leaves_other_routes_out(tmp_path: Path) -> None:
    way = hops.way_of_a_hit(checkout(tmp_path, PACKAGE))
    assert way is not None
    assert (way.start, way.publishes) == ("p.a.routes", True)
    assert way.modules == {"p.a.routes", "p.a.pipeline", "p.b.store"}


PAGE = {
    "libs/web/src/main.ts": 'import "./calls/store";\nimport { a } from "./calls/a";\n',
    "libs/web/src/calls/a.ts": 'import type { b } from "../ui/b";\n' + "\n" * 400,
    "libs/web/src/ui/b.ts": 'const lazy = () => import("../calls/a");\n',
    "libs/web/src/ui/b.test.ts": 'import { none } from "../none/none";\n',
    **{f"libs/web/src/core/file{n}.ts": "\n" * page.MEDIAN_MAX for n in range(page.ROOM_MAX + 1)},
}


def test_rooms_of_the_page_are_measured(tmp_path: Path) -> None:
    rooms = page.PageRooms(checkout(tmp_path, PAGE))
    assert rooms.graph() == {"": {"calls"}, "calls": {"ui"}, "ui": {"calls"}, "core": set()}
    assert rooms.sizes() == {".": 1, "calls": 1, "core": page.ROOM_MAX + 1, "ui": 1}


def test_rooms_of_the_page_over_their_limits_are_found(tmp_path: Path) -> None:
    findings = {str(finding) for finding in page.violations(checkout(tmp_path, PAGE))}
    assert findings == {
        "libs/web/src/core:0: 13 files, at most 12",
        "libs/web/src:0: circle: calls, ui",
        "libs/web/src/calls/a.ts:1: 401 lines in a file, at most 350",
        "libs/web/src:0: 80 lines in the median file, under 80",
    }
