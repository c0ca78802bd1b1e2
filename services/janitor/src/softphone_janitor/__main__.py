"""The command `softphone-janitor`: runs the service, or one of the operator's commands."""

import sys
from argparse import ArgumentParser

from softphone_common.runtime.runner import run_service
from softphone_janitor.dead_letters import cli as dead_letter_command
from softphone_janitor.service import SERVICE


def main() -> None:
    """Runs the service until it is told to stop, or the command that is named."""
    parser = ArgumentParser(
        prog="softphone-janitor",
        description="Tidies up. Without a command it runs until it is told to stop.",
    )
    commands = parser.add_subparsers(metavar="[COMMAND]")
    text = "Lists, shows, replays and drops messages that could not be handled."
    dead_letter_command.describe(commands.add_parser("dead-letters", help=text, description=text))
    asked = parser.parse_args()
    if "run" in asked:
        sys.exit(dead_letter_command.run(asked))
    run_service(SERVICE)


if __name__ == "__main__":
    main()
