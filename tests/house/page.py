"""Rooms of the page: its modules in folders, and which folder imports which.

Imports of types count too: a reader has to know what they name.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from house.checkout import Checkout, Finding
from house.imports import Graph, arrows, circles

SOURCES = Path("libs/web/src")
GENERATED = "api"
ROOM_MAX = 12
MEDIAN_MAX = 80
FILE_MAX = 350
_IMPORT = re.compile(r"""\b(?:from|import\()\s*"(\.[^"]+)\"""")


class PageRooms:
    """The modules of the page by path from its sources, without suffix; the entry is no room."""

    def __init__(self, checkout: Checkout) -> None:
        inside = [path for path in checkout.files if SOURCES in path.parents]
        self.files = {path.relative_to(SOURCES): checkout.read(path) for path in inside}
        self.modules = {
            path.with_suffix("").as_posix(): text
            for path, text in self.files.items()
            if path.suffix == ".ts" and not path.name.endswith(".test.ts")
        }

    def sizes(self) -> dict[str, int]:
        """Files in each room, tests aside."""
        sizes: dict[str, int] = {}
        for path in self.files:
            if not path.name.endswith(".test.ts"):
                room = path.parent.as_posix()
                sizes[room] = sizes.get(room, 0) + 1
        return sizes

    def graph(self) -> Graph:
        """For each room all rooms its modules import."""
        graph: Graph = {}
        for module, text in self.modules.items():
            own = posixpath.dirname(module)
            targets = (
                posixpath.normpath(posixpath.join(own, name)) for name in _IMPORT.findall(text)
            )
            rooms = {posixpath.dirname(target) for target in targets}
            graph.setdefault(own, set()).update(rooms - {own})
            for room in rooms:
                graph.setdefault(room, set())
        return graph

    def lines(self) -> dict[str, int]:
        """Lines of each module that is written by hand."""
        return {
            module: len(text.splitlines())
            for module, text in self.modules.items()
            if posixpath.dirname(module) != GENERATED
        }


def violations(checkout: Checkout) -> Iterator[Finding]:
    """Rooms with too many files or in a circle, and files that are too long."""
    rooms = PageRooms(checkout)
    if not rooms.modules:
        return
    for room, size in rooms.sizes().items():
        if size > ROOM_MAX:
            yield Finding(f"{SOURCES}/{room}", 0, f"{size} files, at most {ROOM_MAX}")
    for circle in circles(rooms.graph()):
        yield Finding(str(SOURCES), 0, f"circle: {', '.join(sorted(circle))}")
    lines = rooms.lines()
    for module, length in lines.items():
        if length > FILE_MAX:
            text = f"{length} lines in a file, at most {FILE_MAX}"
            yield Finding(f"{SOURCES}/{module}.ts", 1, text)
    middle = median(lines.values())
    if middle >= MEDIAN_MAX:
        yield Finding(str(SOURCES), 0, f"{middle:g} lines in the median file, under {MEDIAN_MAX}")


def measures(checkout: Checkout) -> Iterator[str]:
    """The lines of the report about the page."""
    rooms = PageRooms(checkout)
    yield f"Files in a room of the page (goal: at most {ROOM_MAX}), and the rooms they import"
    graph = rooms.graph()
    for room, size in sorted(rooms.sizes().items(), key=lambda item: (-item[1], item[0])):
        yield f"  {room:<14}{size:>4}  {', '.join(sorted(graph.get(room, ())))}"
    lines = rooms.lines().values()
    middle, longest = median(lines), max(lines)
    yield f"  {arrows(graph)} arrows; lines in the median file {middle:g}, longest {longest}"
