"""The operator's commands `activation keys`, `issue` and `show`; they reach no server and no store.

Exit codes: 0 done, or the code holds; 1 it does not; 2 something asked for or set is wrong.
"""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

from softphone_common.process.clock import utc_now
from softphone_common.process.settings import EXIT_BAD_SETTINGS, PREFIX
from softphone_ingest.tenants.activation import (
    ActivationError,
    Codes,
    PrivateKey,
    issue,
    private_text,
    public_text,
    read_private_key,
    unchecked,
)

EXIT_DOES_NOT_HOLD = 1
PRIVATE = f"{PREFIX}ACTIVATION_PRIVATE_KEY"
PUBLIC = f"{PREFIX}ACTIVATION_PUBLIC_KEY"

Command = Callable[[Namespace], int]


class _SettingError(Exception):
    """A variable that is missing or wrong."""


def describe(parser: ArgumentParser) -> None:
    """Gives the parser the three commands; what it parses has the one to run as `run`."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Command, text: str) -> ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    command("keys", _keys, "Prints a new pair of keys, as the settings want them.")
    new = command("issue", _issue, f"Prints a code, signed with {PRIVATE} or {PRIVATE}_FILE.")
    new.add_argument("--tenant", required=True, metavar="ID", help="whom it is for, such as acme")
    new.add_argument("--seats", required=True, type=int, metavar="N", help="how many users")
    new.add_argument(
        "--expires", required=True, type=_day, metavar="DATE", help="its last day, UTC: 2027-12-31"
    )
    read = command(
        "show", _show, f"Says what is in a code, and whether it holds by {PUBLIC} or {PUBLIC}_FILE."
    )
    read.add_argument("code", metavar="CODE")


def run(asked: Namespace) -> int:
    """Runs the command that was parsed; its exit code."""
    command: Command = asked.run
    try:
        return command(asked)
    except (_SettingError, OSError) as error:
        sys.stderr.write(f"settings: {error}\n")
        return EXIT_BAD_SETTINGS


def _keys(_: Namespace) -> int:
    key = PrivateKey.generate()
    sys.stdout.write(f"{PRIVATE}={private_text(key)}\n{PUBLIC}={public_text(key)}\n")
    return 0


def _issue(asked: Namespace) -> int:
    now = utc_now()
    if asked.expires <= now:
        return _refuse(f"--expires {asked.expires:%Y-%m-%d} is over already")
    try:
        key = read_private_key(_told(PRIVATE))
    except ValueError as error:
        raise _SettingError(f"{PRIVATE} {error}") from None
    try:
        code = issue(key, asked.tenant, asked.seats, now, asked.expires)
    except ActivationError as error:
        return _refuse(str(error))
    sys.stdout.write(f"{code}\n")
    return 0


def _show(asked: Namespace) -> int:
    try:
        claims = unchecked(asked.code)
    except ActivationError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_DOES_NOT_HOLD
    said = claims.activation()
    lines = [
        f"tenant:  {claims.tenant}",
        f"seats:   {said.seats}",
        f"issued:  {said.issued_at:%Y-%m-%d %H:%M:%S} UTC",
        f"expires: {said.expires_at:%Y-%m-%d %H:%M:%S} UTC",
        f"id:      {said.id}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    try:
        codes = Codes(_told(PUBLIC))
    except ValueError as error:
        raise _SettingError(f"{PUBLIC} {error}") from None
    try:
        codes.check(asked.code, claims.tenant, utc_now())
    except ActivationError as error:
        sys.stdout.write(f"holds:   no. {error}\n")
        return EXIT_DOES_NOT_HOLD
    sys.stdout.write("holds:   yes\n")
    return 0


def _refuse(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return EXIT_BAD_SETTINGS


def _told(name: str) -> str:
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if not value and file:
        value = Path(file).read_text().strip()
    if not value:
        raise _SettingError(f"{name} or {name}_FILE is not set; `activation keys` makes a pair")
    return value


def _day(text: str) -> datetime:
    """The end of this day, UTC."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a date such as 2027-12-31") from None
    return datetime.combine(day, time(23, 59, 59), UTC)
