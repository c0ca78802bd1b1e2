"""Finds names and docstrings that say too little: participles, and texts under four words."""

import ast
from collections.abc import Iterator

from house.checkout import Checkout, Finding, PythonFile

NOUNLESS = {"told", "said", "asked"}
"""Names that are not used at all, for variables, parameters, fields or functions."""

PARTICIPLES = NOUNLESS | {"given", "known", "found"}
"""Names that say nothing of the value; counted where they name local variables."""

WORDS_MIN = 4

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def unwanted_names(checkout: Checkout) -> Iterator[Finding]:
    """Each definition of a name in NOUNLESS, once for each line."""
    for file in checkout.python:
        lines = {(line, name) for line, name in _defined(file.tree) if name in NOUNLESS}
        for line, name in sorted(lines):
            yield Finding(file.name, line, f'"{name}" as a name')


def _defined(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name.lstrip("_")
            case ast.arg(arg=name):
                yield node.lineno, name.lstrip("_")
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name.lstrip("_")
            case ast.MatchAs(name=str(name)):
                yield node.lineno, name.lstrip("_")


def participles(checkout: Checkout) -> Iterator[Finding]:
    """Each local variable or parameter named by a participle, once for each function."""
    for file in checkout.python:
        seen: set[tuple[int, str]] = set()
        for function in _functions(file.tree):
            for line, name in _locals(function):
                if name in PARTICIPLES and (function.lineno, name) not in seen:
                    seen.add((function.lineno, name))
                    yield Finding(file.name, line, f'variable "{name}"')


def _functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def _locals(function: Function) -> Iterator[tuple[int, str]]:
    """Names bound in the function itself; functions inside it are looked at on their own."""
    pending: list[ast.AST] = [function.args, *function.body]
    while pending:
        node = pending.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name
        pending += ast.iter_child_nodes(node)


def short_docstrings(checkout: Checkout) -> Iterator[Finding]:
    """Docstrings under WORDS_MIN words of modules, classes and public functions."""
    for file in checkout.python:
        yield from in_file(file)


def in_file(file: PythonFile) -> Iterator[Finding]:
    for node in ast.walk(file.tree):
        if not isinstance(node, Documented):
            continue
        text = ast.get_docstring(node)
        private = isinstance(node, Function) and node.name.startswith("_")
        if text is None or private or len(text.split()) >= WORDS_MIN:
            continue
        line = node.body[0].lineno
        yield Finding(file.name, line, f'docstring under {WORDS_MIN} words: "{text}"')
