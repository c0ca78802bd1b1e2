"""A measured value and its floor: the same work without the product, in the same run."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any, Literal

Relation = Literal["at most", "at least"]
_MEETS = {"at most": operator.le, "at least": operator.ge}


@dataclass(frozen=True)
class Measurement:
    """Pairs of values and floors, taken in turns. The ratio is the median of the pairs' ratios."""

    name: str
    unit: str
    values: Sequence[float]
    floors: Sequence[float]
    relation: Relation
    goal: float
    """The ratio that is wanted; with `beyond`, the difference in the unit."""
    beyond: bool = False

    def __post_init__(self) -> None:
        assert 0 < len(self.values) == len(self.floors)

    @property
    def figures(self) -> list[float]:
        """The ratio or the difference of each pair."""
        pairs = zip(self.values, self.floors, strict=True)
        return [value - floor if self.beyond else value / floor for value, floor in pairs]

    @property
    def met(self) -> bool:
        return bool(_MEETS[self.relation](median(self.figures), self.goal))

    def row(self) -> Mapping[str, Any]:
        """The fields of the result in `build/bench.json`."""
        figures = self.figures
        unit = f"{self.unit} beyond" if self.beyond else "x"
        return {
            "name": self.name,
            "unit": self.unit,
            "value": _rounded(median(self.values)),
            "floor": _rounded(median(self.floors)),
            "difference" if self.beyond else "ratio": _rounded(median(figures)),
            "goal": f"{self.relation} {self.goal:.3g} {unit}",
            "met": self.met,
            "pairs": len(figures),
            "spread": [_rounded(min(figures)), _rounded(max(figures))],
        }


def table(measurements: Sequence[Measurement]) -> str:
    """The rows as text, one line each."""
    heads = ("measurement", "value", "floor", "ratio", "spread", "goal", "met")
    lines = [heads, *(_cells(measurement.row()) for measurement in measurements)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    figure = row["ratio"] if "ratio" in row else row["difference"]
    spread = " to ".join(f"{edge:g}" for edge in row["spread"])
    return (
        f"{row['name']}, {row['unit']}",
        *(f"{number:g}" for number in (row["value"], row["floor"], figure)),
        spread,
        row["goal"],
        "yes" if row["met"] else "NO",
    )


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
