"""Two-step sign-in: set up with an authenticator app, asked for at the sign-in, removed."""

import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.async_api import expect

from e2e.conftest import AddUser, OpenPage
from e2e.page import DeskPage
from softphone_notifier.second_factor.codes import STEP_SECONDS, secret_bytes
from support.product import PASSWORD


def code_of(secret: str, steps: int = 0) -> str:
    """The code of an authenticator app now, or some steps later."""
    totp = TOTP(secret_bytes(secret), 6, SHA1(), STEP_SECONDS)
    return totp.generate(time.time() + steps * STEP_SECONDS).decode()


async def enrol(desk: DeskPage) -> tuple[str, list[str]]:
    """The secret and the recovery codes of a set-up on the page of the account."""
    await desk.at("me").click()
    factor = desk.at("second-factor")
    await expect(factor.get_by_test_id("factor-state")).to_have_text("Ausgeschaltet")
    await factor.get_by_test_id("factor-begin").click()
    await factor.get_by_test_id("password").fill("not the password")
    await factor.get_by_test_id("save").click()
    await expect(factor.get_by_test_id("error-password")).to_contain_text("stimmt nicht")
    await factor.get_by_test_id("password").fill(PASSWORD)
    await factor.get_by_test_id("save").click()
    await expect(factor.get_by_test_id("qr")).to_be_visible()
    await factor.get_by_text("Schlüssel von Hand").click()
    secret = (await factor.get_by_test_id("factor-secret").inner_text()).replace(" ", "")
    await desk.picture("factor-setup")
    await factor.get_by_test_id("code").fill(code_of(secret))
    await factor.get_by_test_id("save").click()
    codes = (await factor.get_by_test_id("recovery-text").inner_text()).split()
    await desk.picture("recovery-codes")
    await factor.get_by_test_id("recovery-done").click()
    await expect(factor.get_by_test_id("factor-state")).to_have_text("Eingeschaltet")
    await expect(factor).to_contain_text(f"{len(codes)} Wiederherstellungscodes")
    return secret, codes


async def test_sign_in_asks_for_a_code_after_the_set_up(
    open_page: OpenPage, add_user: AddUser
) -> None:
    nora = (await add_user("nora")).login
    desk = await open_page(nora, password=PASSWORD)
    desk.expected += ["401", "422"]
    secret, codes = await enrol(desk)
    await desk.at("signout").click()
    await desk.sign_in(nora, PASSWORD)
    await expect(desk.at("code")).to_be_focused()
    await desk.picture("sign-in-code")
    await desk.at("code").fill("123")
    await desk.at("submit").click()
    await expect(desk.at("signin-note")).to_contain_text("Code stimmt nicht")
    await desk.at("code-back").click()
    await expect(desk.at("password")).to_be_focused()
    await desk.at("submit").click()
    await desk.at("code").fill(code_of(secret, steps=1))
    await desk.at("submit").click()
    await desk.connected()
    await desk.at("signout").click()
    await desk.sign_in(nora, PASSWORD)
    await desk.at("code").fill(codes[0])
    await desk.at("submit").click()
    await desk.connected()
    await desk.at("me").click()
    factor = desk.at("second-factor")
    await expect(factor).to_contain_text(f"Noch {len(codes) - 1} Wiederherstellungscodes")
    await factor.get_by_test_id("factor-remove").click()
    await factor.get_by_test_id("password").fill(PASSWORD)
    await factor.get_by_test_id("save").click()
    await expect(factor.get_by_test_id("factor-state")).to_have_text("Ausgeschaltet")
    await desk.at("signout").click()
    await desk.sign_in(nora, PASSWORD)
    await desk.connected()


async def test_administrator_removes_a_lost_second_factor(
    open_page: OpenPage, add_user: AddUser
) -> None:
    nora = (await add_user("nora")).login
    desk = await open_page(nora, password=PASSWORD)
    desk.expected += ["401", "422"]
    await enrol(desk)
    clara = await open_page("admin")
    await clara.open("people")
    await clara.page.locator(f"[data-testid=person][data-login='{nora}']").click()
    await clara.at("remove-factor").click()
    await expect(clara.at("toast")).to_contain_text("Passwort genügt")
    await expect(clara.at("remove-factor")).to_have_count(0)
    await desk.at("signout").click()
    await desk.sign_in(nora, PASSWORD)
    await desk.connected()
