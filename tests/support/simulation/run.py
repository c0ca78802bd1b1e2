"""Runs one seed: `simulate(seed)` raises the same AssertionError for the same seed each time."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog

from support.simulation.loop import SimulationLoop
from support.simulation.world import World


@dataclass(frozen=True)
class Outcome:
    """The result of a run; `digest` is equal only for runs with the same order of events."""

    seed: int
    steps: int
    digest: int
    acknowledged: int
    faults: tuple[str, ...]


def simulate(seed: int) -> Outcome:
    """Runs one seed. Raises AssertionError if an invariant does not hold at the end."""
    with _quiet(), TemporaryDirectory(prefix="simulation-") as folder:
        # the services choose nodes and the ends of sequence numbers with the global source
        state = random.getstate()
        random.seed(seed)
        # what a loop of sockets and signals needs as well is never called
        loop = SimulationLoop(random.Random(seed))  # type: ignore[abstract]
        try:
            world = World(loop, Path(folder))
            try:
                loop.run_until_complete(world.run())
            except AssertionError as error:
                raise AssertionError(f"after {', '.join(world.faults)}: {error}") from None
            return Outcome(
                seed, loop.steps, loop.digest, len(world.servers.acknowledged), tuple(world.faults)
            )
        finally:
            random.setstate(state)
            loop.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Logs nothing: faults are many, and the logs of the services would be most of the work."""
    before = structlog.get_config()
    structlog.configure(processors=[_drop])
    try:
        yield
    finally:
        structlog.configure(**before)


def _drop(*_: Any) -> Any:
    raise structlog.DropEvent
