"""Writes the rejected rows of a run as CSV (RFC 4180), as spreadsheets open it."""

import csv
import io
from collections.abc import Iterable

from softphone_common.contracts.problem_codes import FIELD_PROBLEMS, SCHEMA_PROBLEMS
from softphone_matcher.runs.run import RowProblem

_MARK = "\ufeff"
"""Without it Excel reads UTF-8 as the code page of the machine."""
_HEADER = ("row", "column", "field", "code", "sentence", "value")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""The beginnings of texts that spreadsheets compute (OWASP, CSV Injection)."""


def report(problems: Iterable[RowProblem]) -> str:
    """The rejected rows below a header."""
    lines = io.StringIO()
    lines.write(_MARK)
    writer = csv.writer(lines, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow(_HEADER)
    writer.writerows(map(_cells, problems))
    return lines.getvalue()


def as_text(value: str) -> str:
    """The value behind an apostrophe if a spreadsheet would take it for a formula."""
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value


def sentence(problem: RowProblem) -> str:
    """Why a row was not saved, in English, such as `numbers has lost digits in a spreadsheet`."""
    text = FIELD_PROBLEMS.get(problem.code) or SCHEMA_PROBLEMS.get(problem.code, problem.code)
    subject = problem.column or problem.field or "the row"
    try:
        return f"{subject} {text.format_map(problem.params)}"
    except KeyError:  # a text of pydantic's checks whose values are not kept
        return f"{subject} is not valid: {problem.code}"


def _cells(problem: RowProblem) -> tuple[str, ...]:
    texts = (problem.column, problem.field, problem.code, sentence(problem), problem.text)
    return str(problem.row), *map(as_text, texts)
