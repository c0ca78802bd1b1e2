"""The command `softphone-ingest`: runs the service, or one of the operator's commands."""

import sys
from argparse import ArgumentParser

from softphone_common.runtime.runner import run_service
from softphone_ingest.service import SERVICE
from softphone_ingest.tenants import activation_cli as activation_command


def main() -> None:
    """Runs the service until it is told to stop, or the command that is named."""
    parser = ArgumentParser(
        prog="softphone-ingest",
        description="Takes the hits of phones. Without a command it runs until it is told to stop.",
    )
    commands = parser.add_subparsers(metavar="[COMMAND]")
    text = "Makes keys and activation codes for tenants, and reads codes."
    activation_command.describe(commands.add_parser("activation", help=text, description=text))
    asked = parser.parse_args()
    if "run" in asked:
        sys.exit(activation_command.run(asked))
    run_service(SERVICE)


if __name__ == "__main__":
    main()
