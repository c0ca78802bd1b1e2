"""Prints the measures of a checkout, or with --gate what its prose breaks.

Exit codes of the gate: 0 if nothing is found, 1 if something is. The table always exits with 0.
"""

import argparse
import sys
from pathlib import Path

from house.checkout import Checkout
from house.report import render, violations

OWN = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="house", description="Measures a checkout.")
    parser.add_argument("--root", type=Path, default=OWN, help="the checkout; by default this one")
    parser.add_argument("--gate", action="store_true", help="list violations, exit 1 if any")
    parser.add_argument("--hit-module", help="dotted name of the module with the route of a hit")
    arguments = parser.parse_args()
    checkout = Checkout(arguments.root.resolve())
    if not checkout.product:
        parser.error(f"no Python modules found below {arguments.root}")
    if not arguments.gate:
        sys.stdout.write(render(checkout, arguments.hit_module))
        return 0
    findings = violations(checkout)
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    places = len({finding.path for finding in findings})
    sys.stdout.write(f"{len(findings)} findings in {places} of {len(checkout.files)} files\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
