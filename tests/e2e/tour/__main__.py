"""`python -m e2e.tour` starts a onebox of its own and takes the pictures of the page."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.async_api import async_playwright

from e2e.conftest import ARGUMENTS, CHROMIUM, broker, running_onebox
from e2e.page import PICTURES
from e2e.tour.guide import Entry
from e2e.tour.pictures import Folders, TourError, take_pictures
from e2e.tour.scenery import scenery_of
from e2e.tour.tour import TOUR
from softphone_testing.servers.ports import free_port
from support.paths import ROOT

SETTINGS = {"public_url": "https://connector.example.de", "hit_time_seconds": "864000"}
"""Pages show an address instead of the port of this run, and calls were days ago."""


async def main(entries: Sequence[Entry], folders: Folders) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            broker(folder) as rabbitmq,
            running_onebox(folder, free_port(), rabbitmq, **SETTINGS) as facts,
            scenery_of(facts) as scenery,
            async_playwright() as playwright,
        ):
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            await take_pictures(browser, scenery, entries, folders)
            await browser.close()


def _arguments() -> tuple[Sequence[Entry], Folders]:
    parser = argparse.ArgumentParser(prog="e2e.tour", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[entry.name for entry in TOUR])
    parser.add_argument("--all", type=Path, default=PICTURES)
    parser.add_argument("--documents", type=Path, default=ROOT / "docs" / "screenshots")
    chosen = parser.parse_args()
    entries = [entry for entry in TOUR if chosen.only is None or entry.name in chosen.only]
    return entries, Folders(chosen.all, chosen.documents)


if __name__ == "__main__":
    try:
        asyncio.run(main(*_arguments()))
    except TourError as error:
        sys.exit(f"screenshots: {error}")
