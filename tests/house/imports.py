"""The import graph of the packages, between modules and between rooms.

A room is a folder of Python modules. Modules at the root of a package form the room named after it.
The composition root `service`, which imports every room and which no room imports, is a node of its
own in the graph: otherwise the settings next to it would close a circle with every room.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from house.checkout import Checkout, PythonFile

COMPOSITION_ROOTS = ("service", "__main__")

Graph = dict[str, set[str]]
"""For each node all nodes it imports; every node is a key."""


@dataclass
class Package:
    """One distribution: its modules by dotted name, and who imports whom inside it."""

    name: str
    modules: dict[str, PythonFile] = field(default_factory=dict)

    def module_graph(self) -> Graph:
        return {name: imports_of(name, file, self.modules) for name, file in self.modules.items()}

    def room_of(self, module: str) -> str:
        """The folder of a module, dotted; a package's `__init__` stands in the folder itself."""
        if self.modules[module].path.name == "__init__.py":
            return module
        return module.rpartition(".")[0]

    def room_graph(self) -> Graph:
        rooms: Graph = {self._node_of(module): set() for module in self.modules}
        for module, targets in self.module_graph().items():
            own = self._node_of(module)
            rooms[own] |= {self._node_of(target) for target in targets} - {own}
        return rooms

    def _node_of(self, module: str) -> str:
        is_root = module in (f"{self.name}.{name}" for name in COMPOSITION_ROOTS)
        return module if is_root else self.room_of(module)

    def room_sizes(self) -> dict[str, int]:
        """Modules in each room; `__init__` does not count, nor a room with nothing else."""
        sizes: dict[str, int] = {}
        for module, file in self.modules.items():
            if file.path.name != "__init__.py":
                room = self.room_of(module)
                sizes[room] = sizes.get(room, 0) + 1
        return sizes


def packages(checkout: Checkout) -> list[Package]:
    """All packages that stand directly in a `src` folder, sorted by name."""
    by_name: dict[str, Package] = {}
    for file in checkout.product:
        parts = _below_src(file.path)
        if len(parts) < 2:
            continue
        names = parts[:-1] if file.path.name == "__init__.py" else (*parts[:-1], file.path.stem)
        package = by_name.setdefault(parts[0], Package(parts[0]))
        package.modules[".".join(names)] = file
    return [by_name[name] for name in sorted(by_name)]


def _below_src(path: Path) -> tuple[str, ...]:
    return path.parts[path.parts.index("src") + 1 :]


def imports_of(
    name: str, file: PythonFile, modules: Mapping[str, PythonFile], tree: ast.AST | None = None
) -> set[str]:
    """Modules among the given ones that a module imports anywhere in it, or in a part of it."""
    is_init = file.path.name == "__init__.py"
    home = name if is_init else name.rpartition(".")[0]
    targets = (target for node in ast.walk(tree or file.tree) for target in _targets(node, home))
    return {module for target in targets if (module := _resolve(target, modules))} - {name}


def _targets(node: ast.AST, home: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = home.split(".")
            parent = ".".join(parts[: len(parts) - node.level + 1])
            base = f"{parent}.{base}".rstrip(".")
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _resolve(target: str, modules: Mapping[str, PythonFile]) -> str:
    while target and target not in modules:
        target = target.rpartition(".")[0]
    return target


def arrows(graph: Graph) -> int:
    return sum(len(targets) for targets in graph.values())


def circles(graph: Graph) -> list[set[str]]:
    """Groups of nodes that reach one another, each with at least two members."""
    return [group for group in components(graph) if len(group) > 1]


def components(graph: Graph) -> list[set[str]]:
    """The strongly connected components, each after all those it imports (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    result: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(graph[node]):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            at = stack.index(node)
            result.append(set(stack[at:]))
            del stack[at:]

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return result


def floors(graph: Graph) -> int:
    """The number of nodes on the longest way down; a circle is one floor."""
    height: dict[str, int] = {}
    for group in components(graph):
        below = {target for node in group for target in graph[node]} - group
        level = 1 + max((height[target] for target in below), default=0)
        height |= dict.fromkeys(group, level)
    return max(height.values(), default=0)
