"""Writes `docs/problems.md` from the tables of problems and close reasons."""

import sys
from collections.abc import Iterable

from softphone_common.contracts.problem_codes import FIELD_PROBLEMS, PROBLEMS, SCHEMA_PROBLEMS
from softphone_common.contracts.websocket import CLOSE_REASONS


def as_markdown() -> str:
    """All codes as `docs/problems.md` shows them."""
    whole = [(code, str(status), text) for code, (status, text) in sorted(PROBLEMS.items())]
    field = [(code, "422", text) for code, text in sorted(FIELD_PROBLEMS.items())]
    schema = [(code, "422", text) for code, text in sorted(SCHEMA_PROBLEMS.items())]
    closed = [(code, str(int(close)), text) for code, (close, text) in CLOSE_REASONS.items()]
    tables = (_table(rows) for rows in (whole, field, schema))
    return _PAGE.format(*tables, _table(closed, "Close code"))


def _table(rows: Iterable[tuple[str, str, str]], number: str = "Status") -> str:
    lines = [f"| Code | {number} | Text |", "| --- | --- | --- |"]
    for code, status, text in rows:
        plain = text.replace("{{", "{").replace("}}", "}").replace("|", "\\|")
        lines.append(f"| `{code}` | {status} | {plain} |")
    return "\n".join(lines)


_PAGE = """\
# Problems

Every error of the API is a problem (RFC 9457, `application/problem+json`). Act on `code` and
`params`, which stay as they are; `detail` is English for people and may change. `params` has a
value for each name in braces. Each entry of `errors` names a field, with a `code` and `params` of
its own. The inspector's hits carry the code of their refusal too.

This page is made from the code: `uv run python -m softphone_common.contracts.problems_page >
docs/problems.md`.

## The request as a whole

{}

## One field

The text goes on from the name of the field: `null-refused` reads "name cannot be null".

{}

## Checks of the schema

If such a check fails, `code` is `request-invalid` and the codes are in `errors`. They are the error
types of pydantic with dashes instead of underscores. The `mapping` of a device is checked in this
way too.

{}

## Closed websockets

The close frame carries the code below as its reason and the number as its close code. A server
that restarts closes with 1012 and without a reason, and closes with 1009 after a frame over
`SOFTPHONE_BODY_MAX` bytes.

{}
"""


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
