"""Takes pictures of the tour: all of them to look at, and a selection for the documents."""

import base64
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser

from e2e.page import DeskPage
from e2e.tour.guide import LOCALES, Entry, Guide
from e2e.tour.scenery import Scenery

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
SHOWN = (
    "sign-in",
    "first-start",
    "calls",
    "calls-opened",
    "popup",
    "popup-records",
    "popups",
    "popup-new-record",
    "pop",
    "directory",
    "record",
    "account",
    "account-factor",
    "people",
    "person",
    "company",
    "company-numbers",
    "bin",
    "security-log",
    "phones",
    "phone-new",
    "phone",
    "phone-requests",
    "phone-dry-run",
    "system",
    "tenants",
    "dead-letters",
)
"""The entries that the documents show."""
LANGUAGE_OF: dict[Theme, str] = {"light": "de", "dark": "en"}
"""The language of the pictures in the documents."""
QUALITY = 0.82
"""The quality of WebP; below 0.8 the edges of letters fray."""
TO_WEBP = """async ([png, quality]) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""


@dataclass(frozen=True)
class Folders:
    """Where the pictures go: all as PNG, and those of the documents as WebP."""

    all: Path
    documents: Path


class TourError(Exception):
    """An entry of which no picture could be taken; the message names it."""


async def take_pictures(
    browser: Browser, scenery: Scenery, entries: Sequence[Entry], folders: Folders
) -> None:
    """Takes each entry in each language and theme, and prints a line for each picture.

    Raises TourError if the way to an entry fails.
    """
    folders.all.mkdir(parents=True, exist_ok=True)
    folders.documents.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        guides = {
            language: await stack.enter_async_context(Guide(browser, scenery, language))
            for language in LOCALES
        }
        for entry in entries:
            for language, guide in guides.items():
                try:
                    async with guide.at(entry) as desk:
                        await _take(desk, entry.name, language, folders)
                except Exception as error:
                    raise TourError(f"{entry.name} in {language}: {error}") from error


async def _take(desk: DeskPage, name: str, language: str, folders: Folders) -> None:
    await desk.page.mouse.move(0, 0)
    for theme in THEMES:
        await desk.page.emulate_media(color_scheme=theme)
        path = folders.all / f"{name}-{language}-{theme}.png"
        png = await desk.page.screenshot(path=path, animations="disabled", caret="hide")
        print(path)  # noqa: T201
        if name in SHOWN and LANGUAGE_OF[theme] == language:
            webp = await _webp(desk, png)
            (folders.documents / f"{name}-{theme}.webp").write_bytes(webp)


async def _webp(desk: DeskPage, png: bytes) -> bytes:
    """The picture as WebP, which Chromium encodes: no other program is needed."""
    page = await desk.page.context.new_page()
    encoded: str = await page.evaluate(TO_WEBP, [base64.b64encode(png).decode(), QUALITY])
    await page.close()
    return base64.b64decode(encoded)
