"""The operators' commands `softphone janitor dead-letters ...`; the service need not run.

They use the database and the broker themselves. Exit codes: 0 for success, 1 if a letter was not
found or a server did not answer, 2 for wrong arguments or settings.
"""

import asyncio
import getpass
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Annotated

import typer

from softphone_common.bus.bus import Bus
from softphone_common.process import telemetry
from softphone_common.process.clock import utc_now
from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import EXIT_BAD_SETTINGS, load
from softphone_common.stores.mongo import Mongo
from softphone_janitor.dead_letters.service import DeadLetterService
from softphone_janitor.dead_letters.store import (
    INDEXES,
    DeadLetter,
    DeadLetterStore,
    MongoDeadLetterStore,
    Selection,
    queues,
)
from softphone_janitor.settings import JanitorSettings

EXIT_NOT_ALL = 1
_PAGE = 200

Command = Callable[[DeadLetterStore, DeadLetterService], Awaitable[int]]

app = typer.Typer(
    name="dead-letters", help="Lists, shows, replays and drops messages that could not be handled."
)


def _existing_queue(name: str | None) -> str | None:
    if name is not None and name not in queues():
        raise typer.BadParameter(f"{name} has no dead letters; choose from {', '.join(queues())}")
    return name


Queue = Annotated[
    str | None,
    typer.Option(callback=_existing_queue, metavar="QUEUE", help="Only letters of this queue."),
]
Ids = Annotated[list[str], typer.Argument(metavar="ID", help="The letters' ids.")]


@app.command("list", help="Lists dead letters, the latest first.")
def list_letters(
    queue: Queue = None,
    tenant: Annotated[
        str | None, typer.Option(metavar="ID", help="Only letters of this tenant.")
    ] = None,
) -> None:
    async def command(store: DeadLetterStore, _: DeadLetterService) -> int:
        selection, cursor = Selection(queue=queue, tenant=tenant), None
        with suppress(BrokenPipeError):  # the reader, such as `head`, has seen enough
            while True:
                page = await store.list_letters(selection, cursor, _PAGE)
                for letter in page.items:
                    sys.stdout.write(f"{_line(letter)}\n")
                cursor = page.next
                if cursor is None:
                    break
        return 0

    _run(command)


@app.command("show", help="Shows one dead letter with its headers and body.")
def show(letter_id: Annotated[str, typer.Argument(metavar="ID", help="The letter's id.")]) -> None:
    async def command(store: DeadLetterStore, _: DeadLetterService) -> int:
        letter = await store.get(letter_id)
        if letter is None:
            return _unknown(letter_id)
        sys.stdout.write(f"{json.dumps(letter.model_dump(mode='json'), indent=2)}\n")
        return 0

    _run(command)


@app.command("replay", help="Returns dead letters to the queues they come from.")
def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="The letters' ids.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All letters that wait.")] = False,
    queue: Annotated[
        str | None,
        typer.Option(callback=_existing_queue, metavar="QUEUE", help="With --all: of this queue."),
    ] = None,
) -> None:
    if bool(ids) == every:
        sys.stderr.write("name the letters to replay, or use --all\n")
        raise typer.Exit(EXIT_BAD_SETTINGS)

    async def command(_: DeadLetterStore, service: DeadLetterService) -> int:
        operator, code = getpass.getuser(), 0
        if every:
            count = 0
            # Letters that die again during the replay are later than this and stay.
            selection = Selection(queue=queue, died_before=utc_now())
            while replayed := await service.replay_all(selection, _PAGE, operator):
                count += replayed
            sys.stdout.write(f"replayed {count}\n")
        for letter_id in ids or ():
            if await service.replay(letter_id, operator):
                sys.stdout.write(f"replayed {letter_id}\n")
            else:
                code = _unknown(letter_id)
        return code

    _run(command)


@app.command("drop", help="Removes dead letters for good.")
def drop(ids: Ids) -> None:
    async def command(_: DeadLetterStore, service: DeadLetterService) -> int:
        code = 0
        for letter_id in ids:
            if await service.drop(letter_id, getpass.getuser()):
                sys.stdout.write(f"dropped {letter_id}\n")
            else:
                code = _unknown(letter_id)
        return code

    _run(command)


def _run(command: Command) -> None:
    """Connects, runs the command, and raises `typer.Exit` with its exit code."""
    settings = load(JanitorSettings)
    telemetry.configure("ERROR", sys.stderr)
    raise typer.Exit(asyncio.run(_connected(command, settings)))


async def _connected(command: Command, settings: JanitorSettings) -> int:
    bus, mongo = Bus(settings, "janitor"), Mongo(settings, INDEXES)
    store = MongoDeadLetterStore(mongo.database, timedelta(days=settings.dead_letters_keep_days))
    await bus.start()
    try:
        return await command(store, DeadLetterService(store, bus, utc_now))
    except UnavailableError as error:
        sys.stderr.write(f"{error}; is its address right, and does it run?\n")
        return EXIT_NOT_ALL
    finally:
        await bus.stop()
        await mongo.stop()


def _line(letter: DeadLetter) -> str:
    at = f"{letter.last_at:%Y-%m-%d %H:%M:%S}"
    return f"{letter.id}  {at}  {letter.state:<8}  {letter.queue:<18}  {letter.reason[:80]!r}"


def _unknown(letter_id: str) -> int:
    sys.stderr.write(f"{letter_id}: no dead letter that waits has this id\n")
    return EXIT_NOT_ALL
