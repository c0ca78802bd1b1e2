"""The program `softphone`: runs an installed service or one of its operators' commands.

    softphone ingest run
    softphone janitor dead-letters list
    softphone setup
    softphone tail CALL

An image that contains one service offers the commands of that service only.
"""

import sys
from itertools import chain
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from softphone_common.runtime.commands.setup import run_setup
from softphone_common.runtime.commands.tail import follow, lines_of
from softphone_common.runtime.registry import load_service, service_names, service_summary
from softphone_common.runtime.release import release, revision
from softphone_common.runtime.runner import run_service


class _ServiceGroup(TyperGroup):
    """One command group for each installed service.

    The code of a service is imported when its command is used, so that `softphone matcher run`
    starts no slower for the services it does not run.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        return [*service_names(), *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if (command := super().get_command(ctx, cmd_name)) is not None:
            return command
        if cmd_name in service_names():
            return _service_command(cmd_name)
        installed = ", ".join(service_names()) or "none"
        return ctx.fail(f"There is no service {cmd_name!r} here; installed: {installed}.")


# Plain text instead of boxes and colours: operators' scripts and container logs read it.
_PLAIN: dict[str, Any] = {
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "add_completion": False,
}

app = typer.Typer(cls=_ServiceGroup, **_PLAIN)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(" ".join(filter(None, (release(), revision()))))
        raise typer.Exit


@app.callback()
def softphone(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Prints the release, and the commit it was built from.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Softphone Connector: runs a service, or a command of its operators.

    Settings are environment variables SOFTPHONE_...; the README of each service lists them.
    """


@app.command("setup", help="Prepares RabbitMQ and MongoDB for services with few rights.")
def setup() -> None:
    run_setup()


@app.command("tail")
def tail(
    call: Annotated[str, typer.Argument(help="The id of a call, or of a trace.")],
    files: Annotated[
        list[typer.FileText] | None,
        typer.Argument(help="Logs of services and the gateway; standard input without any."),
    ] = None,
    is_live: Annotated[
        bool,
        typer.Option("--follow", "-f", help="Prints lines while they come, a second later."),
    ] = False,
) -> None:
    """Prints the log lines of one call from all services, in the order of their times."""
    texts = chain.from_iterable(files or [sys.stdin])
    for line in follow(call, texts) if is_live else lines_of(call, texts):
        typer.echo(line)


def main() -> None:
    """The entry point of the console script."""
    app()


def _service_command(name: str) -> Any:
    definition = load_service(name)
    group = typer.Typer(help=service_summary(name), **_PLAIN)

    # A group with a callback stays a group even if `run` is its only command.
    @group.callback()
    def options() -> None:
        """Has no options of its own."""

    @group.command("run", help="Runs the service until SIGINT or SIGTERM.")
    def run() -> None:
        run_service(definition)

    if definition.commands is not None:
        group.add_typer(definition.commands)
    command = get_command(group)
    command.name = name
    return command
