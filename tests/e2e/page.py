"""The page in Chromium, by its test ids: what is rendered, where support.tenant has only frames."""

import re
from typing import Any, cast

from playwright.async_api import (
    ConsoleMessage,
    Dialog,
    Error,
    Locator,
    Page,
    Request,
    ViewportSize,
    expect,
)

from support.paths import ROOT

PICTURES = ROOT / "build" / "screenshots"
AREAS = {
    **dict.fromkeys(("settings", "api-keys", "audit", "bin"), "company"),
    **dict.fromkeys(("system", "tenants", "dead-letters"), "operation"),
}
A_SECOND_OR_MORE = re.compile(r"^(?!0:00$)\d:\d\d$")

expect.set_options(timeout=60_000)


class DeskPage:
    """One page with the user at it; keeps every warning of its console."""

    def __init__(self, page: Page, facts: dict[str, Any]) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.expected: list[str] = ["Failed to launch 'tel:"]
        self._has_preferences = False
        self._facts = facts
        page.on("console", self._on_console)
        page.on("pageerror", self._on_error)
        page.on("dialog", self._on_dialog)
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        text = f"{message.type}: {message.text}"
        is_expected = any(words in text for words in self.expected) or _is_of_the_log(message)
        if message.type in {"error", "warning"} and not is_expected:
            self.complaints.append(text)

    def _on_error(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error}")

    async def _on_dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        is_change = request.method == "PATCH" and request.url.endswith("/api/me")
        self._has_preferences = self._has_preferences or is_change

    async def forget_preferences(self) -> None:
        """Gives the signed-in user the language and theme of the browser back, for other tests."""
        if not self._has_preferences:
            return
        renewed = await self.page.request.post("/api/session/renew")
        if renewed.ok:
            headers = {"Authorization": f"Bearer {(await renewed.json())['token']}"}
            data = {"preferences": {"language": "browser", "theme": "system"}}
            await self.page.request.patch("/api/me", headers=headers, data=data)

    def at(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    async def open(self, view: str) -> None:
        """Opens a view by its tab, after that of its area."""
        if area := AREAS.get(view):
            await self.at(f"nav-{area}").click()
        await self.at(f"nav-{view}").click()

    async def sign_in(self, login: str, password: str | None = None) -> None:
        """Fills in the form. Without a password it is a user of the demo, who has to get in."""
        users = {user["login"]: user["password"] for user in self._facts["users"]}
        await self.at("tenant").fill(self._facts["tenant"])
        await self.at("login").fill(login)
        await self.at("password").fill(users[login] if password is None else password)
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


def _is_of_the_log(message: ConsoleMessage) -> bool:
    """Whether a comment came before the log had its call; the page sends it again."""
    refusals = ("404 (Not Found)", "422 (Unprocessable Entity)")
    is_refusal = any(refusal in message.text for refusal in refusals)
    return is_refusal and message.location["url"].endswith("/comments")
