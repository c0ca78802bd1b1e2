"""Writes the table of all measures as text, one measure a line."""

from collections import Counter
from collections.abc import Iterator

from house import hops, imports, names, page, phrases, sizes
from house.checkout import Checkout, Finding

ROOM_MAX = 12
ARROWS_MAX = 45
HOPS_MAX = 22
HUB = "softphone_ingest"
"""The package with the most rooms; the goal for arrows is set for it."""


def render(checkout: Checkout, hit_module: str | None) -> str:
    sections = (
        _rooms(checkout),
        _arrows(checkout),
        page.measures(checkout),
        _lengths(checkout),
        _prose(checkout),
        _hops(checkout, hit_module),
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def prose_violations(checkout: Checkout) -> list[Finding]:
    """Unwanted phrases and names, and docstrings that say too little, in the order of files."""
    result = [finding for _, finding in phrases.findings(checkout)]
    result += names.unwanted_names(checkout)
    result += names.short_docstrings(checkout)
    result += sizes.long_test_names(checkout.tests)
    return sorted(set(result))


def length_violations(checkout: Checkout) -> list[Finding]:
    """Files and functions that are too long. Tests may have long functions."""
    result = [*sizes.long_files(checkout.python), *sizes.long_functions(checkout.product)]
    return sorted(result)


def room_violations(checkout: Checkout) -> list[Finding]:
    """Rooms with too many modules or arrows or in a circle, and too long a way of a hit."""
    result = []
    for package in imports.packages(checkout):
        rooms = package.room_graph()
        for room, size in package.room_sizes().items():
            if size > ROOM_MAX:
                result.append(Finding(room, 0, f"{size} modules, at most {ROOM_MAX}"))
        if (count := imports.arrows(rooms)) > ARROWS_MAX:
            text = f"{count} arrows between rooms, at most {ARROWS_MAX}"
            result.append(Finding(package.name, 0, text))
        for circle in imports.circles(rooms):
            result.append(Finding(package.name, 0, f"circle: {', '.join(sorted(circle))}"))
    way = hops.way_of_a_hit(checkout)
    if way is not None and len(way.modules) > HOPS_MAX:
        text = f"{len(way.modules)} files on the way of a hit, at most {HOPS_MAX}"
        result.append(Finding(way.start, 0, text))
    return result + list(page.violations(checkout))


GATES = {"lengths": length_violations, "prose": prose_violations, "rooms": room_violations}


def _rooms(checkout: Checkout) -> Iterator[str]:
    sizes_of = {
        room: size
        for package in imports.packages(checkout)
        for room, size in package.room_sizes().items()
    }
    over = sum(size > ROOM_MAX for size in sizes_of.values())
    yield f"Python modules in a room (goal: at most {ROOM_MAX}; {over} rooms are over it)"
    for room, size in sorted(sizes_of.items(), key=lambda item: (-item[1], item[0])):
        mark = "  over" if size > ROOM_MAX else ""
        yield f"  {room:<44}{size:>4}{mark}"


def _arrows(checkout: Checkout) -> Iterator[str]:
    yield f"Imports inside a package (goal: {HUB} at most {ARROWS_MAX} arrows between rooms)"
    head = ("rooms", "arrows", "circles", "modules", "arrows", "circles", "floors")
    yield f"  {'':<22}" + "".join(f"{title:>13}" for title in head)
    notes: list[str] = []
    for package in imports.packages(checkout):
        rooms, modules = package.room_graph(), package.module_graph()
        row = (
            len(rooms),
            imports.arrows(rooms),
            len(imports.circles(rooms)),
            len(modules),
            imports.arrows(modules),
            len(imports.circles(modules)),
            imports.floors(modules),
        )
        yield f"  {package.name:<22}" + "".join(f"{value:>13}" for value in row)
        notes += [f"  circle: {', '.join(sorted(group))}" for group in imports.circles(rooms)]
    yield from notes


def _lengths(checkout: Checkout) -> Iterator[str]:
    yield "Lengths (lines)"
    for title, files in (("product", checkout.product), ("tests", checkout.tests)):
        for what, (length, place) in (
            ("longest file", sizes.longest_file(files)),
            ("longest function", sizes.longest_function(files)),
        ):
            yield f"  {title:<8}{what:<20}{length:>5}  {place}"


def _prose(checkout: Checkout) -> Iterator[str]:
    yield "Prose (goal: none of these; comments on 3 to 5 % of lines)"
    rules = Counter(rule.name for rule, _ in phrases.findings(checkout))
    for rule in phrases.RULES:
        yield f"  {rule.name:<52}{rules[rule.name]:>6}"
    total = sum(rules.values())
    named = len(list(names.unwanted_names(checkout)))
    short = len(list(names.short_docstrings(checkout)))
    yield f"  {'all unwanted phrases':<52}{total:>6}"
    yield f"  {'definitions named told, said or asked':<52}{named:>6}"
    yield f"  {'docstrings under four words':<52}{short:>6}"
    yield f"  {'variables named by participles':<52}{len(list(names.participles(checkout))):>6}"
    share = sizes.comment_share(checkout.product)
    yield f"  {'comments in product code':<52}{share:>6.1f} %"


def _hops(checkout: Checkout, hit_module: str | None) -> Iterator[str]:
    yield f"The way of a hit (goal: at most {HOPS_MAX} files)"
    way = hops.way_of_a_hit(checkout, hit_module)
    if way is None:
        yield "  no module holds the route of a hit; name one with --hit-module"
        return
    yield f"  {'files reached from ' + way.start:<52}{len(way.modules):>6}"
    yield "  by imports alone; test_hit_passes_few_files counts the files that one hit executes"
    if not way.publishes:
        yield "  none of them publishes: imports do not show the whole way"
