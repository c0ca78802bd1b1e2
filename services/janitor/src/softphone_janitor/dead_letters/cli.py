"""The operator's commands `dead-letters list`, `show`, `replay` and `drop`, service running or not.

Exit codes: 0 done; 1 not all of it could be; 2 something asked for or set is wrong.
"""

import asyncio
import getpass
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from softphone_common.bus.bus import Bus
from softphone_common.process import telemetry
from softphone_common.process.clock import utc_now
from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import load
from softphone_common.stores.mongo import Mongo
from softphone_janitor.dead_letters.service import DeadLetterService
from softphone_janitor.dead_letters.store import (
    INDEXES,
    DeadLetter,
    DeadLetterStore,
    Selection,
    queues,
)
from softphone_janitor.settings import JanitorSettings

EXIT_NOT_ALL = 1
_AT_ONCE = 200

Command = Callable[[Namespace, DeadLetterStore, DeadLetterService], Awaitable[int]]


def describe(parser: ArgumentParser) -> None:
    """Gives the parser the commands; what it parses has the one to run as `run`."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Command, text: str) -> ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    listed = command("list", _list, "Lists them, the latest first.")
    listed.add_argument("--queue", choices=queues(), help="of this queue alone")
    listed.add_argument("--tenant", help="of this tenant alone")
    command("show", _show, "Shows one with its headers and body.").add_argument("id")
    replayed = command("replay", _replay, "Gives some back to the queues they died in.")
    replayed.add_argument("id", nargs="*")
    replayed.add_argument("--all", action="store_true", help="all that wait")
    replayed.add_argument("--queue", choices=queues(), help="with --all: of this queue alone")
    dropped = command("drop", _drop, "Removes some for good.")
    dropped.add_argument("id", nargs="+")


def run(asked: Namespace) -> int:
    """Runs the command that was parsed; its exit code."""
    settings = load(JanitorSettings)
    telemetry.configure("ERROR", sys.stderr)
    return asyncio.run(_run(asked, settings))


async def _run(asked: Namespace, settings: JanitorSettings) -> int:
    bus, mongo = Bus(settings, "janitor"), Mongo(settings, INDEXES)
    store = DeadLetterStore(mongo.database, timedelta(days=settings.dead_letters_keep_days))
    command: Command = asked.run
    await bus.start()
    try:
        return await command(asked, store, DeadLetterService(store, bus, utc_now))
    except UnavailableError as error:
        sys.stderr.write(f"{error}; is its address right, and does it run?\n")
        return EXIT_NOT_ALL
    finally:
        await bus.stop()
        await mongo.stop()


async def _list(asked: Namespace, store: DeadLetterStore, _: DeadLetterService) -> int:
    selected = Selection(queue=asked.queue, tenant=asked.tenant)
    after = None
    with suppress(BrokenPipeError):
        while True:
            page = await store.page(selected, after, _AT_ONCE)
            for letter in page.items:
                sys.stdout.write(f"{_line(letter)}\n")
            after = page.next
            if after is None:
                break
    return 0


async def _show(asked: Namespace, store: DeadLetterStore, _: DeadLetterService) -> int:
    letter = await store.get(asked.id)
    if letter is None:
        return _unknown(asked.id)
    sys.stdout.write(f"{json.dumps(letter.model_dump(mode='json'), indent=2)}\n")
    return 0


async def _replay(
    asked: Namespace, _: DeadLetterStore, dead_letters_service: DeadLetterService
) -> int:
    if bool(asked.id) == asked.all:
        sys.stderr.write("name the letters to replay, or say --all\n")
        return 2
    by, code = getpass.getuser(), 0
    if asked.all:
        count = 0
        selected = Selection(queue=asked.queue, died_before=utc_now())
        while some := await dead_letters_service.replay_all(selected, _AT_ONCE, by):
            count += some
        sys.stdout.write(f"replayed {count}\n")
    for id_ in asked.id:
        if await dead_letters_service.replay(id_, by):
            sys.stdout.write(f"replayed {id_}\n")
        else:
            code = _unknown(id_)
    return code


async def _drop(
    asked: Namespace, _: DeadLetterStore, dead_letters_service: DeadLetterService
) -> int:
    code = 0
    for id_ in asked.id:
        if await dead_letters_service.drop(id_, getpass.getuser()):
            sys.stdout.write(f"dropped {id_}\n")
        else:
            code = _unknown(id_)
    return code


def _line(letter: DeadLetter) -> str:
    at = f"{letter.last_at:%Y-%m-%d %H:%M:%S}"
    return f"{letter.id}  {at}  {letter.state:<8}  {letter.queue:<18}  {letter.reason[:80]!r}"


def _unknown(id_: str) -> int:
    sys.stderr.write(f"{id_}: no dead letter that waits has this id\n")
    return EXIT_NOT_ALL
