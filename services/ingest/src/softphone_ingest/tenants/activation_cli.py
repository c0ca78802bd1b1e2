"""The operators' commands `softphone ingest activation ...`; they need no server and no database.

Exit codes: 0 for success or a valid code, 1 for a code that is not valid, 2 for wrong arguments or
settings.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from softphone_common.process.clock import utc_now
from softphone_common.process.ed25519 import (
    PrivateKey,
    decode_private_key,
    encode_private_key,
    encode_public_key,
)
from softphone_common.process.settings import EXIT_BAD_SETTINGS, PREFIX
from softphone_ingest.tenants.activation import (
    ActivationCodes,
    ActivationError,
    issue,
    read_unverified,
)

EXIT_NOT_VALID = 1
PRIVATE = f"{PREFIX}ACTIVATION_PRIVATE_KEY"
PUBLIC = f"{PREFIX}ACTIVATION_PUBLIC_KEY"

app = typer.Typer(name="activation", help="Makes keys and activation codes, and reads codes.")


class _SettingError(Exception):
    """A variable that is missing or wrong."""


def _end_of_day(text: str) -> datetime:
    """The last second of this day in UTC, so that a code is valid on the day it names."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is not a date such as 2027-12-31") from None
    return datetime.combine(day, time(23, 59, 59), UTC)


@app.command("keys", help="Prints a new pair of keys in the form the settings expect.")
def keys() -> None:
    key = PrivateKey.generate()
    sys.stdout.write(f"{PRIVATE}={encode_private_key(key)}\n{PUBLIC}={encode_public_key(key)}\n")


@app.command("issue", help=f"Prints a new code, signed with {PRIVATE} or {PRIVATE}_FILE.")
def issue_code(
    tenant: Annotated[str, typer.Option(metavar="ID", help="The tenant's id, such as acme.")],
    seats: Annotated[int, typer.Option(metavar="N", help="The number of users.")],
    expires: Annotated[
        datetime,
        typer.Option(parser=_end_of_day, metavar="DATE", help="The last day, UTC: 2027-12-31."),
    ],
) -> None:
    now = utc_now()
    if expires <= now:
        _refuse(f"--expires {expires:%Y-%m-%d} is over already; choose a later day")
    with _settings_errors():
        try:
            key = decode_private_key(_setting(PRIVATE))
        except ValueError as error:
            raise _SettingError(f"{PRIVATE} {error}") from None
    try:
        code = issue(key, tenant, seats, now, expires)
    except ActivationError as error:
        _refuse(str(error))
    sys.stdout.write(f"{code}\n")


@app.command("show", help=f"Shows a code and checks it with {PUBLIC} or {PUBLIC}_FILE.")
def show(code: Annotated[str, typer.Argument(metavar="CODE", help="The code to read.")]) -> None:
    try:
        claims = read_unverified(code)
    except ActivationError as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(EXIT_NOT_VALID) from None
    # The content is printed before the check, since it also helps with a code of another key.
    activation = claims.activation()
    lines = [
        f"tenant:  {claims.tenant}",
        f"seats:   {activation.seats}",
        f"issued:  {activation.issued_at:%Y-%m-%d %H:%M:%S} UTC",
        f"expires: {activation.expires_at:%Y-%m-%d %H:%M:%S} UTC",
        f"id:      {activation.id}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    with _settings_errors():
        try:
            codes = ActivationCodes(_setting(PUBLIC))
        except ValueError as error:
            raise _SettingError(f"{PUBLIC} {error}") from None
    try:
        codes.verify(code, claims.tenant, utc_now())
    except ActivationError as error:
        sys.stdout.write(f"holds:   no. {error}\n")
        raise typer.Exit(EXIT_NOT_VALID) from None
    sys.stdout.write("holds:   yes\n")


@contextmanager
def _settings_errors() -> Iterator[None]:
    """Turns a missing setting, or a file that cannot be read, into a message and exit code 2."""
    try:
        yield
    except (_SettingError, OSError) as error:
        _refuse(f"settings: {error}")


def _setting(name: str) -> str:
    """The variable, or the content of the file that the variable with the suffix _FILE names."""
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if not value and file:
        value = Path(file).read_text().strip()
    if not value:
        raise _SettingError(
            f"{name} or {name}_FILE is not set; `softphone ingest activation keys` makes a pair"
        )
    return value


def _refuse(reason: str) -> NoReturn:
    sys.stderr.write(f"{reason}\n")
    raise typer.Exit(EXIT_BAD_SETTINGS)
