"""Prints the measures of a checkout, or with --gate the places that break its rules.

Exit codes of a gate: 0 if it finds nothing, 1 if it finds something. The table exits with 0.
"""

import argparse
import sys
from pathlib import Path

from house.checkout import Checkout
from house.report import GATES, render

OWN = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="house", description="Measures a checkout.")
    parser.add_argument("--root", type=Path, default=OWN, help="the checkout; by default this one")
    gates = ", ".join(GATES)
    parser.add_argument("--gate", nargs="*", choices=GATES, help=f"{gates}; by default all")
    parser.add_argument("--hit-module", help="dotted name of the module with the route of a hit")
    arguments = parser.parse_args()
    checkout = Checkout(arguments.root.resolve())
    if not checkout.product:
        parser.error(f"no Python modules found below {arguments.root}")
    if arguments.gate is None:
        sys.stdout.write(render(checkout, arguments.hit_module))
        return 0
    chosen = arguments.gate or list(GATES)
    findings = [finding for name in chosen for finding in GATES[name](checkout)]
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    places = len({finding.path for finding in findings})
    sys.stdout.write(f"{len(findings)} findings in {places} of {len(checkout.files)} files\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
