"""Runs many seeds: `python -m support.simulation --seeds 5000`, or one: `--seed 17`.

A seed that fails is printed with what did not hold, and with the command that runs it again.
"""

import argparse
import sys
import time

from support.simulation.loop import LivelockError
from support.simulation.run import simulate


def main() -> int:
    """Returns 1 if a seed failed."""
    parser = argparse.ArgumentParser(prog="python -m support.simulation")
    parser.add_argument("--seeds", type=int, default=5000, help="How many seeds")
    parser.add_argument("--first", type=int, default=0, help="The first seed")
    parser.add_argument("--seed", type=int, help="This seed only, with what happened in it")
    options = parser.parse_args()
    if options.seed is not None:
        options.first, options.seeds = options.seed, 1
    began, failed, acknowledged = time.monotonic(), 0, 0
    for seed in range(options.first, options.first + options.seeds):
        try:
            outcome = simulate(seed)
        except (AssertionError, LivelockError) as error:
            failed += 1
            sys.stdout.write(f"seed {seed}: {error}\n  again: make simulate SEED={seed}\n")
        else:
            acknowledged += outcome.acknowledged
            if options.seed is not None:
                sys.stdout.write(f"{outcome}\n")
    seconds = time.monotonic() - began
    sys.stdout.write(
        f"{options.seeds} seeds in {seconds:.0f} s: {acknowledged} observations acknowledged,"
        f" {failed} seeds failed\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
