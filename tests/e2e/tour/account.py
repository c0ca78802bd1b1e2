"""The page of the own account, part by part."""

from playwright.async_api import Locator, expect

from e2e.tour.guide import Entries, Visit
from support.product import PASSWORD

ACCOUNT = Entries()


async def to_top(part: Locator) -> None:
    """Scrolls until the part begins at the upper edge of the window."""
    await part.evaluate("part => part.scrollIntoView({ block: 'start' })")


async def open_account(at: Visit) -> None:
    await at.desk.at("me").click()
    await expect(at.desk.at("popup-form")).to_be_visible()
    await expect(at.desk.at("session").first).to_be_visible()
    await expect(at.desk.at("factor-state")).to_be_visible()
    await expect(at.desk.at("link-form")).to_be_visible()


@ACCOUNT.entry("account", "lena")
async def account(at: Visit) -> None:
    await open_account(at)


@ACCOUNT.entry("account-factor", "lena")
async def factor(at: Visit) -> None:
    await open_account(at)
    panel = at.desk.at("second-factor")
    await panel.get_by_test_id("factor-begin").click()
    await panel.get_by_test_id("password").fill(PASSWORD)
    await panel.get_by_test_id("save").click()
    await expect(panel.get_by_test_id("qr")).to_be_visible()
    await to_top(panel)


@ACCOUNT.entry("account-sessions", "lena")
async def sessions(at: Visit) -> None:
    await open_account(at)
    form = at.desk.at("password-panel")
    await form.get_by_test_id("current").fill("not the password")
    await form.get_by_test_id("password").fill(PASSWORD)
    await form.get_by_test_id("repeated").fill(f"{PASSWORD}!")
    await form.get_by_test_id("save").click()
    await expect(form.get_by_test_id("error-repeated")).not_to_be_empty()
    await to_top(at.desk.at("sessions"))
