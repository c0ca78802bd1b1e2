"""The services under a seeded scheduler with faults; `make simulate` runs thousands of seeds."""

import os
import subprocess
import sys

import pytest

from support.paths import ROOT
from support.simulation.run import simulate

SEEDS = 300
BATCH = 20
"""Seeds of one test: a failure names its seed, and the tests share the workers of a run."""


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_invariants_hold_after_faults_in_any_order(first: int) -> None:
    for seed in range(first, first + BATCH):
        try:
            simulate(seed)
        except Exception as error:
            pytest.fail(f"seed {seed}: {error}\nagain: make simulate SEED={seed}")


@pytest.mark.parametrize("seed", [3, 17])
def test_seed_replays_in_a_process_of_its_own(seed: int) -> None:
    """Also with another order of hashes: a set must not decide what happens next."""
    command = [sys.executable, "-m", "support.simulation", "--seed", str(seed)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONHASHSEED": "4711"}
    printed = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout
    assert str(simulate(seed)) in printed
