"""Lengths of files and functions, and the share of comments."""

import ast
from collections.abc import Iterable, Iterator

from house.checkout import PythonFile
from house.prose import python_comments


def longest_file(files: Iterable[PythonFile]) -> tuple[int, str]:
    """Lines and path of the longest file; zero and nothing if there are no files."""
    sizes = ((len(file.text.splitlines()), file.name) for file in files)
    return max(sizes, default=(0, ""))


def longest_function(files: Iterable[PythonFile]) -> tuple[int, str]:
    """Lines and place of the longest function; zero and nothing if there is none."""
    return max((size for file in files for size in _functions(file)), default=(0, ""))


def _functions(file: PythonFile) -> Iterator[tuple[int, str]]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            yield length, f"{file.name}:{node.lineno} {node.name}"


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
