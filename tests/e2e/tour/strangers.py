"""The pages that people see who are not signed in."""

from playwright.async_api import Route, expect

from e2e.tour.guide import STRANGER, Entries, Visit
from support.product import PASSWORD

STRANGERS = Entries()


@STRANGERS.entry("sign-in", STRANGER)
async def sign_in(at: Visit) -> None:
    await expect(at.desk.at("tenant")).to_be_focused()


@STRANGERS.entry("sign-in-refused", STRANGER)
async def sign_in_refused(at: Visit) -> None:
    await at.desk.sign_in("lena", "not the password")
    await expect(at.desk.at("signin-note")).not_to_be_empty()


@STRANGERS.entry("sign-in-provider", STRANGER)
async def sign_in_provider(at: Visit) -> None:
    """The answer is replaced: a provider is a setting of the installation."""
    await at.desk.page.route(
        "**/api/session/openid", lambda route: route.fulfill(json={"name": "Contoso"})
    )
    await at.desk.page.reload()
    await expect(at.desk.at("signin-provider")).to_be_visible()


@STRANGERS.entry("sign-in-code", STRANGER)
async def sign_in_code(at: Visit) -> None:
    await at.desk.sign_in("frida", PASSWORD)
    await expect(at.desk.at("code")).to_be_focused()


@STRANGERS.entry("first-start", STRANGER)
async def first_start(at: Visit) -> None:
    """The answer is replaced: an installation is set up once."""

    async def needed(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json={"needed": True, "available": True})

    page = at.desk.page
    await page.route("**/api/setup", needed)
    await page.goto("/setup")
    await at.desk.at("code").fill("Xq3v-9TnB4sLw0kYc7uE2")
    await at.desk.at("name").fill("Möbel Huber")
    await at.desk.at("person").fill("Hanna Huber")
    await expect(at.desk.at("login")).to_have_value("hanna.huber")


@STRANGERS.entry("first-start-done", STRANGER)
async def first_start_done(at: Visit) -> None:
    await at.desk.page.goto("/setup")
    await expect(at.desk.at("setup-done")).to_be_visible()


@STRANGERS.entry("invitation", STRANGER)
async def invitation(at: Visit) -> None:
    await at.desk.page.goto("/#/invitation/fT2x8RkQm4")
    await at.desk.at("password").fill(PASSWORD)
    await at.desk.at("repeated").fill(f"{PASSWORD}!")
    await at.desk.at("save").click()
    await expect(at.desk.at("error-repeated")).not_to_be_empty()


@STRANGERS.entry("unknown-address", STRANGER)
async def unknown_address(at: Visit) -> None:
    await at.desk.page.goto("/no/such/page")
    await expect(at.desk.page.get_by_role("link")).to_be_visible()
