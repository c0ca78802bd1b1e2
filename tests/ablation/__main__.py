"""Shows for each safeguard whether a test notices its removal; fails if one is not noticed.

python -m ablation                 all safeguards
python -m ablation fold/ access/   those whose names begin so
python -m ablation --short         ten of those that need no server, others each day
python -m ablation --check         only whether each safeguard has an edit that applies
python -m ablation --threat-model  prints the threat model with the ablations of each row
"""

import argparse
import math
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ablation.ablations import Ablation, Ablations
from ablation.runs import Outcome, copy_tree, run_unchanged, run_without

ROOT = Path(__file__).resolve().parents[2]
SHORT = 10
CONCURRENT = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="ablation", description="Removes safeguards one by one.")
    parser.add_argument("names", nargs="*", help="beginnings of names; by default all")
    parser.add_argument("--check", action="store_true", help="run no test")
    parser.add_argument("--threat-model", action="store_true", help="print its text and end")
    parser.add_argument("--short", action="store_true", help=f"{SHORT} that need no server")
    today = datetime.now(UTC).date().toordinal()
    parser.add_argument("--rotation", type=int, default=today, help="chooses those of --short")
    arguments = parser.parse_args()
    ablations = Ablations(ROOT)
    if arguments.threat_model:
        sys.stdout.write(ablations.threat_model())
        return 0
    problems = list(ablations.problems())
    for problem in problems:
        _print(problem)
    if arguments.check or problems:
        return 1 if problems else 0
    names = tuple(arguments.names) or ("",)
    chosen = [each for name, each in ablations.all.items() if name.startswith(names)]
    if not chosen:  # pytest would run every test there is
        parser.error(f"no safeguard begins with {' or '.join(names)}")
    if arguments.short:
        _print(f"rotation {arguments.rotation}; --rotation {arguments.rotation} repeats it")
        chosen = rotated([each for each in chosen if not each.needs_servers], arguments.rotation)
    return run(chosen)


def rotated(ablations: Sequence[Ablation], rotation: int) -> list[Ablation]:
    """At most SHORT ablations, from all areas; after a few days all have had their turn."""
    step = max(1, math.ceil(len(ablations) / SHORT))
    return list(ablations[rotation % step :: step])


def run(chosen: Sequence[Ablation]) -> int:
    """Prints the table and returns the exit code: 1 if anything was not noticed."""
    tests = [test for ablation in chosen for test in ablation.caught_by]
    with tempfile.TemporaryDirectory(prefix="ablation-") as folder:
        copy = Path(folder, "tree")
        copy_tree(ROOT, copy)
        unchanged = run_unchanged(copy, tests)
        if unchanged.failure:
            _print(unchanged.failure)
            return 1
        outcomes = _remove_all(copy, chosen)
    missed = [outcome for outcome in outcomes if outcome.failure]
    for outcome in missed:
        _print(f"\n{outcome.name}: {outcome.failure}")
    _print(f"{len(outcomes) - len(missed)} of {len(outcomes)} removals were noticed")
    return 1 if missed else 0


def _remove_all(copy: Path, chosen: Sequence[Ablation]) -> list[Outcome]:
    wide = max((len(ablation.name) for ablation in chosen), default=0)
    _print(f"{'safeguard':{wide}}  seconds  caught by")
    outcomes = []
    with ThreadPoolExecutor(CONCURRENT) as pool:
        for outcome in pool.map(partial(run_without, copy), chosen):
            _print(row(outcome, wide))
            outcomes.append(outcome)
    return outcomes


def row(outcome: Outcome, wide: int) -> str:
    """A line with a safeguard, the seconds its removal took, and the tests that noticed."""
    result = "NOTHING" if outcome.failure else " ".join(outcome.caught_by)
    return f"{outcome.name:{wide}}  {outcome.seconds:7.1f}  {result}"


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
