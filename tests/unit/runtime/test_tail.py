"""`softphone tail` prints the log lines of one call, and of no other one."""

import json
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from typer.testing import CliRunner

from softphone_common.runtime.commands.tail import follow, lines_of
from softphone_common.runtime.program import app

CALL = "3a2c2a99-e36c-534c-beab-45c17a91c235"
OTHER = "99998877-e36c-534c-beab-45c17a91c235"
TRACE, OTHER_TRACE = "a" * 32, "b" * 32


def line(second: int, service: str, event: str, **more: Any) -> str:
    at = f"2026-11-30T21:00:{second:02}.123456Z"
    fields = {"event": event, "level": "info", "timestamp": at, "service": service} | more
    return json.dumps(fields) + "\n"


def gateway(second: int, trace: str) -> str:
    at = f"2026-11-30T21:00:{second:02}+00:00"
    fields = {"method": "GET", "path": "/hit/***/ringing", "status": 202, "trace": trace}
    return json.dumps({"time": at, **fields}) + "\n"


LINES = [
    gateway(1, OTHER_TRACE),
    gateway(1, TRACE),
    line(4, "notifier", "popped", call=CALL, tenant="huber", sockets=2, trace=TRACE),
    line(1, "ingest", "hit", call=CALL, tenant="huber", phase="ringing", trace=TRACE),
    line(1, "ingest", "hit", call=OTHER, tenant="huber", phase="ringing", trace=OTHER_TRACE),
    line(2, "matcher", "matched", call=OTHER, trace=TRACE),
    line(3, "matcher", "answered 503", level="warning", resource="MongoDB", trace=TRACE),
    line(3, "calllog", "folded", call=CALL, tenant="huber", of="ringing", trace=TRACE),
    line(3, "janitor", "stopped", crashed=False),
    "the server has started {with no JSON}\n",
    "[1, 2]\n",
    '{"event": "hit", "call": "' + CALL + '"}\n',
    "\n",
]
EXPECTED = [
    "2026-11-30 21:00:01.000Z  gateway   GET /hit/***/ringing  status=202",
    "2026-11-30 21:00:01.123Z  ingest    hit  phase=ringing",
    "2026-11-30 21:00:03.123Z  matcher   WARNING answered 503  resource=MongoDB",
    "2026-11-30 21:00:03.123Z  calllog   folded  of=ringing",
    "2026-11-30 21:00:04.123Z  notifier  popped  sockets=2",
]


def test_lines_of_one_call_come_in_the_order_of_time() -> None:
    lines = [text.removesuffix(f"  trace={TRACE}") for text in lines_of(CALL, LINES)]
    times = [text.split("  ")[0] for text in lines]
    assert times == sorted(times)
    assert sorted(lines) == sorted(EXPECTED)


def test_lines_with_the_prefix_of_compose_are_read() -> None:
    prefixed = (f"ingest-1  | {text}" for text in LINES)
    assert list(lines_of(CALL, prefixed)) == list(lines_of(CALL, LINES))


def test_trace_finds_all_calls_of_one_request() -> None:
    lines = list(lines_of(TRACE, LINES))
    assert len(lines) == len(EXPECTED) + 1
    assert "  matched" in "".join(lines)


def test_traceback_is_below_its_line() -> None:
    text = line(1, "calllog", "handler failed", level="error", call=CALL, exception="One\nTwo")
    (printed,) = lines_of(CALL, [text])
    first, *below = printed.splitlines()
    assert "ERROR handler failed" in first
    assert below == ["    One", "    Two"]


def test_followed_lines_are_printed_while_the_log_goes_on() -> None:
    written: SimpleQueue[str | None] = SimpleQueue()

    def log() -> Iterator[str]:
        while (text := written.get()) is not None:
            yield text

    for text in LINES:
        written.put(text)
    followed = follow(CALL, log())
    first = [next(followed) for _ in EXPECTED]
    assert first == list(lines_of(CALL, LINES))
    written.put(line(9, "calllog", "folded", call=CALL, of="match", trace=OTHER_TRACE))
    written.put(None)
    assert [text.split()[3] for text in followed] == ["folded"]


def test_program_reads_files_and_standard_input(tmp_path: Path) -> None:
    files = []
    for name, texts in (("one.log", LINES[:4]), ("two.log", LINES[4:])):
        (tmp_path / name).write_text("".join(texts))
        files.append(str(tmp_path / name))
    expected = "\n".join(lines_of(CALL, LINES)) + "\n"
    program = CliRunner()
    assert program.invoke(app, ["tail", CALL, *files]).output == expected
    assert program.invoke(app, ["tail", CALL], input="".join(LINES)).output == expected
    assert program.invoke(app, ["tail", "--follow", CALL], input="".join(LINES)).output == expected
