"""Every page and state on the tour is accessible, in light and dark and at every width."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, ViewportSize

from e2e.conftest import Facts
from e2e.page import DeskPage
from e2e.tour import axe
from e2e.tour.guide import Entry, Guide
from e2e.tour.scenery import scenery_of
from e2e.tour.tour import TOUR

SIZES: tuple[ViewportSize, ...] = (
    {"width": 1280, "height": 800},
    {"width": 2560, "height": 1440},
    {"width": 320, "height": 720},
)
OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that may find something else in another theme."""


@pytest.fixture(scope="module")
async def guide(onebox: Facts, chromium: Browser) -> AsyncIterator[Guide]:
    async with scenery_of(onebox) as scenery, Guide(chromium, scenery) as guide:
        yield guide


@pytest.mark.parametrize("entry", TOUR, ids=lambda entry: entry.name)
async def test_entry_is_accessible_in_each_theme_and_width(guide: Guide, entry: Entry) -> None:
    async with guide.at(entry) as desk:
        await axe.load(desk.page)
        found = [line for size in SIZES for line in await _violations(desk, size)]
        assert not found, "\n".join(found)


async def _violations(desk: DeskPage, size: ViewportSize) -> list[str]:
    page = desk.page
    await page.set_viewport_size(size)
    light = await axe.violations(page)
    await page.emulate_media(color_scheme="dark")
    dark = await axe.violations(page, OF_COLOURS)
    await page.emulate_media(color_scheme="light")
    overflow = await axe.overflow(page)
    found = [f"light {line}" for line in light] + [f"dark {line}" for line in dark]
    found += [f"needs scrolling sideways: {element}" for element in overflow]
    return [f"{size['width']} px: {line}" for line in found]
