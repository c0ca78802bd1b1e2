"""The tables of the threat model: their rows, and the column of ablations, which is derived."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MODEL = Path("docs", "threat-model.md")
COLUMNS = "| Who | What | How it is stopped | Tests |"
RULE = "|---|---|---|---|"
_NAMED_TEST = re.compile(r"`[\w/]+\.py::(test_\w+)`")


@dataclass(frozen=True)
class Threat:
    """A row of the threat model without its column of ablations."""

    row: str
    what: str
    tests: frozenset[str]


def threats(text: str) -> Iterator[Threat]:
    """The rows that name tests, in their order."""
    return (threat for line in text.splitlines() if (threat := _threat(line)))


def with_ablations(text: str, ablations: Mapping[str, str]) -> str:
    """The text with the last cell of each row made anew, from the cell of its column "What"."""
    return "".join(f"{_line(line, ablations)}\n" for line in text.splitlines())


def _threat(line: str) -> Threat | None:
    cells = line.strip("| ").split("|")[:4]
    if not line.startswith("|") or not (tests := _NAMED_TEST.findall(cells[-1])):
        return None
    return Threat(f"| {'|'.join(cells).strip()} |", cells[1].strip(), frozenset(tests))


def _line(line: str, ablations: Mapping[str, str]) -> str:
    if line.startswith(COLUMNS):
        return f"{COLUMNS} Ablations |"
    if line.startswith(RULE):
        return f"{RULE}---|"
    threat = _threat(line)
    return f"{threat.row} {ablations[threat.what]} |" if threat else line
