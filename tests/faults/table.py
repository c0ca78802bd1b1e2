"""The table of figures: one row for each fault, printed and stored."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

from support.paths import ROOT

FILE = ROOT / "build" / "faults.json"


@dataclass(frozen=True)
class Row:
    """The figures of one fault.

    - `attempted`: hits that phones sent, each counted once however often it was repeated
    - `acknowledged`: hits that were answered with 202
    - `in_the_log`: hits of calls that are in the log as their phone reported them
    - `lost`: acknowledged hits of calls that are wrong in the log, or missing on the user's screen
    - `doubled`: calls that popped up twice, or popped up at another desk
    - `recovered`: hits that are in the log although no answer has said so
    - `unexpected`: calls in the log that no phone has made
    - `recovery_s`: seconds from the end of the fault until a new call was in the log and on screen
    - `longest_popup_s`: longest time from the first accepted hit of a call until it was on screen
    """

    fault: str
    attempted: int
    acknowledged: int
    in_the_log: int
    lost: int
    doubled: int
    recovered: int
    unexpected: int
    recovery_s: float
    longest_popup_s: float


HEAD = tuple(field.name for field in fields(Row))


def stored_rows() -> list[Row]:
    """The stored rows, in the order in which their faults first ran."""
    return [Row(**row) for row in json.loads(FILE.read_text())] if FILE.exists() else []


def store_row(row: Row) -> None:
    """Stores a row; it replaces an earlier row of the same fault."""
    rows = {earlier.fault: earlier for earlier in stored_rows()} | {row.fault: row}
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps([asdict(row) for row in rows.values()], indent=1) + "\n")


def lines(rows: Iterable[Row]) -> list[str]:
    """The table as text, one line for each row."""
    return [_line(HEAD), *(_line([str(value) for value in asdict(row).values()]) for row in rows)]


def markdown(rows: Iterable[Row]) -> list[str]:
    """The table as Markdown, one line for each row."""
    cells = [HEAD, ["---", *["--:"] * (len(HEAD) - 1)]]
    cells += [[str(value) for value in asdict(row).values()] for row in rows]
    return [f"| {' | '.join(row)} |" for row in cells]


def _line(cells: Iterable[str]) -> str:
    first, *rest = cells
    return f"{first:<40}" + "".join(f"{cell:>17}" for cell in rest)


if __name__ == "__main__":
    print("\n".join(markdown(stored_rows())))  # noqa: T201
