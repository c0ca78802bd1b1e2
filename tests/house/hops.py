"""Counts the files a hit passes: those its route imports, directly or through others."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from house.checkout import Checkout, PythonFile
from house.imports import Package, imports_of, packages

ROUTE = "/hit/"


@dataclass(frozen=True)
class Way:
    """The route's module and every module of its package that is reached from it."""

    start: str
    modules: frozenset[str]
    publishes: bool
    """Whether a module on the way publishes; if not, imports do not show the whole way."""


def way_of_a_hit(checkout: Checkout, start: str | None = None) -> Way | None:
    """None if no module holds the route. `start` is a dotted name and replaces the search."""
    for package in packages(checkout):
        begin = start if start in package.modules else _module_with_route(package)
        if begin is not None and start in {None, begin}:
            reached = _reached(package, begin)
            files = (package.modules[name] for name in reached)
            return Way(begin, frozenset(reached), any(".publish(" in file.text for file in files))
    return None


def _module_with_route(package: Package) -> str | None:
    counts = {
        name: sum(map(_is_route, ast.walk(file.tree)))
        for name, file in package.modules.items()
        if "/services/ingest/" in f"/{file.name}" and f'"{ROUTE}' in file.text
    }
    best = max(counts, key=lambda name: counts[name], default=None)
    return best if best is not None and counts[best] else None


def _is_route(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            return text.lstrip("/").startswith(ROUTE.lstrip("/") + "{")
    return False


def _reached(package: Package, start: str) -> set[str]:
    file = package.modules[start]
    pending: set[str] = set()
    for node in _imports_of_route(file):
        pending |= imports_of(start, file, package.modules, node)
    reached = {start}
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending |= imports_of(name, package.modules[name], package.modules)
    return {name for name in reached if package.modules[name].path.name != "__init__.py"}


def _imports_of_route(file: PythonFile) -> list[ast.stmt]:
    """Imports whose names the route needs; those that only other routes of the file use are not
    on the way."""
    body = file.tree.body
    needed = [node for node in body if any(map(_is_route, ast.walk(node)))]
    names = _names(needed)
    grown = True
    while grown:
        more = [node for node in body if node not in needed and _binds(node) & names]
        needed += more
        names |= _names(more)
        grown = bool(more)
    return [node for node in needed if isinstance(node, ast.Import | ast.ImportFrom)]


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def _binds(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return {alias.asname or alias.name.partition(".")[0] for alias in aliases}
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
