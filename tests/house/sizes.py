"""Lengths of files, functions and names of tests, and the share of comments."""

import ast
from collections.abc import Iterable, Iterator

from house.checkout import Finding, PythonFile
from house.prose import python_comments

FILE_MAX = 350
FUNCTION_MAX = 49
TEST_NAME_MAX = 60
LONGER_FILES = {
    "libs/common/src/softphone_common/contracts/problem_codes.py": "is the table of problems",
    "tests/unit/domain/call_scenarios.py": "is a table of scenarios",
}
"""Files that may have more lines, and why. The list is for tables of data only."""


def longest_file(files: Iterable[PythonFile]) -> tuple[int, str]:
    """Lines and path of the longest file; zero and nothing if there are no files."""
    sizes = ((len(file.text.splitlines()), file.name) for file in files)
    return max(sizes, default=(0, ""))


def longest_function(files: Iterable[PythonFile]) -> tuple[int, str]:
    """Lines and place of the longest function; zero and nothing if there is none."""
    return max((size for file in files for size in _functions(file)), default=(0, ""))


def long_files(files: Iterable[PythonFile]) -> Iterator[Finding]:
    """Every file with more lines than FILE_MAX, unless LONGER_FILES names it."""
    for file in files:
        length = len(file.text.splitlines())
        if length > FILE_MAX and file.name not in LONGER_FILES:
            yield Finding(file.name, 1, f"{length} lines in a file, at most {FILE_MAX}")


def long_functions(files: Iterable[PythonFile]) -> Iterator[Finding]:
    """Every function with more lines than FUNCTION_MAX."""
    for file in files:
        for function in _functions_of(file):
            length = _length(function)
            if length > FUNCTION_MAX:
                text = f"{length} lines in {function.name}, at most {FUNCTION_MAX}"
                yield Finding(file.name, function.lineno, text)


def long_test_names(files: Iterable[PythonFile]) -> Iterator[Finding]:
    """Every test whose name has more characters than TEST_NAME_MAX."""
    for file in files:
        for function in _functions_of(file):
            if function.name.startswith("test_") and len(function.name) > TEST_NAME_MAX:
                text = f"{len(function.name)} characters in a name, at most {TEST_NAME_MAX}"
                yield Finding(file.name, function.lineno, text)


def _functions(file: PythonFile) -> Iterator[tuple[int, str]]:
    for node in _functions_of(file):
        yield _length(node), f"{file.name}:{node.lineno} {node.name}"


def _functions_of(file: PythonFile) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def comment_share(files: Iterable[PythonFile]) -> float:
    """Lines with a comment as a percentage of the lines of code. Blank lines, docstrings and lines
    of nothing but a comment are not code."""
    comments = code = 0
    for file in files:
        lines = {line for line, _ in python_comments(file.text)}
        comments += len(lines)
        code += _code_lines(file)
    return 100 * comments / code if code else 0.0


def _code_lines(file: PythonFile) -> int:
    texts: set[int] = set()
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            texts |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(file.text.splitlines(), 1)
    return sum(
        1
        for number, line in lines
        if line.strip() and not line.lstrip().startswith("#") and number not in texts
    )
