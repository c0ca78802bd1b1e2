"""The figures of each fault, printed and kept; measures nothing itself."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

from support.paths import ROOT

FILE = ROOT / "build" / "faults.json"


@dataclass(frozen=True)
class Row:
    """What one fault did.

    `acknowledged`: hits answered 202. `lost`: those of them whose call is not in the log as it was
    told, or not on its user's screen. `doubled`: calls that are in the log or popped up once too
    often, or at somebody else's. `recovery_s`: from the end of the fault until a call begun after
    it was in the log and on the screen. `longest_popup_s`: from the first accepted hit of a call to
    its first sight on the screen.
    """

    fault: str
    acknowledged: int
    lost: int
    doubled: int
    recovery_s: float
    longest_popup_s: float


HEAD = tuple(field.name for field in fields(Row))


def kept() -> list[Row]:
    """The rows of the file, in the order they were first tried."""
    return [Row(**row) for row in json.loads(FILE.read_text())] if FILE.exists() else []


def keep(row: Row) -> None:
    """Has it in the file; a fault that is tried again is there once."""
    rows = {known.fault: known for known in kept()} | {row.fault: row}
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps([asdict(row) for row in rows.values()], indent=1) + "\n")


def lines(rows: Iterable[Row]) -> list[str]:
    """The table as text."""
    return [_line(HEAD), *(_line([str(value) for value in asdict(row).values()]) for row in rows)]


def markdown(rows: Iterable[Row]) -> list[str]:
    """The table as documents have it."""
    cells = [HEAD, ["---", *["--:"] * (len(HEAD) - 1)]]
    cells += [[str(value) for value in asdict(row).values()] for row in rows]
    return [f"| {' | '.join(row)} |" for row in cells]


def _line(cells: Iterable[str]) -> str:
    first, *rest = cells
    return f"{first:<40}" + "".join(f"{cell:>17}" for cell in rest)


if __name__ == "__main__":
    print("\n".join(markdown(kept())))  # noqa: T201
