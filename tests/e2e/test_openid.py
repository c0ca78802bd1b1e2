"""Signing in at a real OpenID Connect provider, by the button on the page."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Route, expect

from e2e.conftest import Facts, broker, running_onebox
from e2e.page import DeskPage
from softphone_testing.servers.ports import free_port
from support.openid.provider import CLIENT, SECRET, RealProvider, real_provider
from support.openid.visitor import CALLBACK


@pytest.fixture(scope="module")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealProvider]:
    # for a browser another site than the page, so that strict cookies stay away on the way back
    async with real_provider(tmp_path_factory.mktemp("openid"), "localhost") as provider:
        yield provider


@pytest.fixture(scope="module")
async def connected(
    provider: RealProvider, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Facts]:
    """A onebox whose users may sign in at the provider."""
    folder, port = tmp_path_factory.mktemp("onebox-openid"), free_port()
    provider.redirects.append(f"http://127.0.0.1:{port}{CALLBACK}")
    await provider.start()
    settings = {
        "openid_issuer": provider.issuer,
        "openid_client_id": CLIENT,
        "openid_client_secret": SECRET,
        "openid_name": "Keycloak",
        "openid_tenant": "demo",
        "openid_create_users": "true",
    }
    async with (
        broker(folder) as rabbitmq,
        running_onebox(folder, port, rabbitmq, **settings) as facts,
    ):
        yield {**facts, "url": f"http://127.0.0.1:{port}"}


@pytest.fixture
async def desk(connected: Facts, chromium: Browser) -> AsyncIterator[DeskPage]:
    """The page in a new browser profile, signed out."""
    context = await chromium.new_context(
        base_url=connected["url"], locale="de-DE", viewport={"width": 1280, "height": 860}
    )
    # the provider's forms name a font of another host
    await context.route("**://fonts.googleapis.com/**", no_font)
    desk = DeskPage(await context.new_page(), connected)
    yield desk
    await context.close()
    assert desk.complaints == []


async def no_font(route: Route) -> None:
    await route.fulfill(content_type="text/css", body="")


async def at_the_provider(desk: DeskPage, login: str) -> None:
    """Fills in the provider's own forms."""
    await desk.page.locator("input[name=login]").fill(login)
    await desk.page.locator("input[name=password]").fill("any")
    await desk.page.locator("button[type=submit]").click()
    await desk.page.locator("form[action*=interaction] button[type=submit]").click()


async def test_button_leads_to_the_provider_and_back(
    desk: DeskPage, provider: RealProvider
) -> None:
    provider.add("e-1", preferred_username="frieda", name="Frieda Frank")
    await desk.page.goto("/")
    button = desk.at("signin-provider")
    await expect(button).to_have_text("Mit Keycloak anmelden")
    await desk.picture("sign-in-provider")
    await button.focus()
    await desk.page.keyboard.press("Enter")
    await at_the_provider(desk, "e-1")
    await desk.connected()
    await expect(desk.at("me")).to_contain_text("Frieda Frank")
    assert "signed-in" not in desk.page.url
    await desk.page.reload()
    await desk.connected()
    await expect(desk.at("me")).to_contain_text("Frieda Frank")
    await desk.at("signout").click()
    await expect(desk.at("signin-note")).to_contain_text("abgemeldet")
    await desk.page.reload()
    await expect(desk.at("login")).to_be_visible()


async def test_number_of_a_phone_is_shown_after_the_way_back(
    desk: DeskPage, provider: RealProvider
) -> None:
    provider.add("e-2", preferred_username="gisela", name="Gisela")
    await desk.page.goto("/pop?number=08999998001&extension=21")
    await desk.at("signin-provider").click()
    await at_the_provider(desk, "e-2")
    await expect(desk.at("pop")).to_contain_text("89 99998001")


async def test_refusal_is_a_sentence_on_the_sign_in_page(
    desk: DeskPage, provider: RealProvider
) -> None:
    provider.add("e-3", preferred_username="anna")  # a user of the demo has this login
    await desk.page.goto("/")
    await desk.at("signin-provider").click()
    await at_the_provider(desk, "e-3")
    await expect(desk.at("signin-note")).to_contain_text("hat hier schon ein Konto")
    await desk.picture("sign-in-provider-refused")
    await desk.page.get_by_role("button", name="EN", exact=True).click()
    await expect(desk.at("signin-note")).to_contain_text("already has your user name")
    await desk.sign_in("bernd")
    await expect(desk.at("me")).to_contain_text("Bernd")
