"""The page in Chromium, by its test ids: what is rendered, where support.tenant has only frames."""

import re
from typing import Any, cast

from playwright.async_api import ConsoleMessage, Dialog, Error, Locator, Page, ViewportSize, expect

from support.paths import ROOT

PICTURES = ROOT / "build" / "screenshots"
A_SECOND_OR_MORE = re.compile(r"^(?!0:00$)\d:\d\d$")

expect.set_options(timeout=60_000)


class DeskPage:
    """One page with the user at it; keeps every warning of its console."""

    def __init__(self, page: Page, facts: dict[str, Any]) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.expected: list[str] = ["Failed to launch 'tel:"]
        self._facts = facts
        page.on("console", self._on_console)
        page.on("pageerror", self._on_error)
        page.on("dialog", self._on_dialog)

    def _on_console(self, message: ConsoleMessage) -> None:
        text = f"{message.type}: {message.text}"
        is_expected = any(words in text for words in self.expected)
        if message.type in {"error", "warning"} and not is_expected:
            self.complaints.append(text)

    def _on_error(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error}")

    async def _on_dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def at(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    async def sign_in(self, login: str, password: str | None = None) -> None:
        user = next(u for u in self._facts["users"] if u["login"] == login)
        await self.at("tenant").fill(self._facts["tenant"])
        await self.at("login").fill(login)
        await self.at("password").fill(password or user["password"])
        await self.at("submit").click()
        if password is None:
            await self.connected()

    async def connected(self) -> None:
        await expect(self.at("connection")).to_have_attribute("data-state", "connected")

    def popup(self, call: str) -> Locator:
        return self.page.locator(f"[data-testid=popup][data-call='{call}']")

    def row(self, call: str) -> Locator:
        return self.page.locator(f"[data-testid=call-row][data-call='{call}']")

    async def picture(self, name: str) -> None:
        """Saves screenshots in light and dark and on a narrow screen, for people to look at."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        wide = cast(ViewportSize, self.page.viewport_size)
        looks: tuple[tuple[str, Any, ViewportSize], ...] = (
            ("light", "light", wide),
            ("dark", "dark", wide),
            ("narrow", "light", {"width": 400, "height": 860}),
        )
        for look, scheme, size in looks:
            await self.page.emulate_media(color_scheme=scheme)
            await self.page.set_viewport_size(size)
            await self.page.screenshot(path=PICTURES / f"{name}-{look}.png", animations="disabled")
        await self.page.emulate_media(color_scheme="light")
        await self.page.set_viewport_size(wide)
