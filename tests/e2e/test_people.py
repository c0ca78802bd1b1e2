"""The people of a company: invited, changed, locked and removed by an administrator."""

from uuid import uuid4

import httpx
from playwright.async_api import Locator, expect

from e2e.conftest import AddUser, OpenPage
from e2e.page import DeskPage
from support.product import PASSWORD


async def open_person(desk: DeskPage, login: str) -> None:
    await desk.open("people")
    await person(desk, login).click()
    await expect(desk.at("person-form")).to_be_visible()


def person(desk: DeskPage, login: str) -> Locator:
    return desk.page.locator(f"[data-testid=person][data-login='{login}']")


async def test_invited_person_chooses_a_password_and_is_signed_in(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    login = f"emil.{uuid4().hex[:8]}"
    await clara.open("people")
    await clara.at("invite").click()
    dialog = clara.page.get_by_role("dialog")
    await dialog.get_by_label("Name", exact=True).fill("Émil Größe")
    await expect(dialog.get_by_test_id("login")).to_have_value("emil.groesse")
    await dialog.get_by_test_id("login").fill(login)
    await dialog.get_by_test_id("extensions").fill("31, 32")
    await dialog.get_by_test_id("teams").fill("Vertrieb")
    await clara.picture("invite")
    await dialog.get_by_test_id("save").click()
    link = await dialog.get_by_test_id("invitation-text").text_content() or ""
    assert "/#/invitation/" in link
    await dialog.get_by_test_id("invite-done").click()
    await expect(clara.at("invite")).to_be_focused()
    row = clara.page.locator("tr", has=person(clara, login))
    await expect(row).to_contain_text("eingeladen bis")
    await expect(row).to_contain_text("31, 32")
    await expect(row).to_contain_text("Vertrieb")

    emil = await open_page(None)
    emil.expected.append("422")
    await emil.page.goto(link)
    await emil.at("password").fill("short")
    await emil.at("repeated").fill("shorter")
    await emil.at("save").click()
    await expect(emil.at("error-repeated")).to_contain_text("verschieden")
    await emil.at("repeated").fill("short")
    await emil.at("save").click()
    await expect(emil.at("error-password")).to_contain_text("Zeichen")
    await emil.at("password").fill(PASSWORD)
    await emil.at("repeated").fill(PASSWORD)
    await emil.picture("accept")
    await emil.at("save").click()
    await emil.connected()
    await expect(emil.at("me")).to_contain_text("Émil Größe")
    assert "invitation" not in emil.page.url
    await clara.page.reload()
    await expect(row).to_contain_text("aktiv")
    await expect(row).to_contain_text("heute")
    await clara.picture("people")


async def test_people_are_found_by_words_of_several_fields(
    open_page: OpenPage, add_user: AddUser
) -> None:
    user = {"name": "Greta Gruber", "extensions": ["77"], "teams": ["Einkauf"]}
    login = (await add_user("greta", **user)).login
    clara = await open_page("admin")
    await clara.open("people")
    await expect(person(clara, "anna")).to_be_visible()
    await clara.at("people-search").fill(f"gruber 77 {login}")
    await expect(person(clara, "anna")).to_have_count(0)
    await expect(person(clara, login)).to_be_visible()
    await expect(clara.at("people-count")).to_contain_text("1 von")
    await clara.at("people-search").fill("nobody has this name")
    await expect(clara.at("people")).to_contain_text("Keine Person passt")
    await clara.at("people-search").fill("")
    await clara.at("people-team").select_option("Einkauf")
    await expect(person(clara, login)).to_be_visible()
    await expect(person(clara, "anna")).to_have_count(0)
    await clara.page.reload()
    await expect(clara.at("people-team")).to_have_value("Einkauf")
    await expect(person(clara, login)).to_be_visible()
    await expect(person(clara, "anna")).to_have_count(0)


async def test_changes_of_two_administrators_are_both_kept(
    open_page: OpenPage, admin: httpx.AsyncClient, add_user: AddUser
) -> None:
    hanna = await add_user("hanna", name="Hanna", extensions=["41"])
    clara = await open_page("admin")
    await open_person(clara, hanna.login)
    other = {"extensions": ["42"], "teams": ["Lager"]}
    (await admin.patch(f"/api/users/{hanna.id}", json=other)).raise_for_status()
    await clara.at("name").fill("Hanna Huber")
    await clara.at("save").click()
    await expect(clara.at("form-note")).to_have_text("Gespeichert.")
    await expect(clara.at("extensions")).to_have_value("42")
    await expect(clara.at("teams")).to_have_value("Lager")
    users = (await admin.get("/api/users")).raise_for_status().json()["items"]
    stored = next(each for each in users if each["id"] == hanna.id)
    assert (stored["name"], stored["extensions"]) == ("Hanna Huber", ["42"])


async def test_login_of_another_person_is_refused_at_its_field(
    open_page: OpenPage, add_user: AddUser
) -> None:
    login = (await add_user("ida")).login
    clara = await open_page("admin")
    clara.expected.append("409")
    await open_person(clara, login)
    await clara.at("login").fill("anna")
    await clara.at("save").click()
    await expect(clara.at("error-login")).to_be_visible()
    await expect(clara.at("login")).to_be_focused()
    await clara.at("login").fill("")
    await clara.at("save").click()
    await expect(clara.at("error-login")).to_have_text("Bitte ausfüllen.")


async def test_locked_person_is_signed_out_until_unlocked(
    open_page: OpenPage, add_user: AddUser
) -> None:
    login = (await add_user("jan", name="Jan")).login
    jan = await open_page(login, password=PASSWORD)
    jan.expected += ["401", "403"]
    clara = await open_page("admin")
    await open_person(clara, login)
    await clara.at("lock").click()
    await expect(clara.at("person-state")).to_contain_text("gesperrt")
    await expect(clara.at("make-invitation")).to_have_count(0)
    await expect(jan.at("signin-note")).to_be_visible()
    await jan.sign_in(login, PASSWORD)
    await expect(jan.at("signin-note")).to_contain_text("gesperrt")
    await clara.picture("person")
    await clara.at("unlock").click()
    await expect(clara.at("person-state")).to_contain_text("aktiv")
    await jan.sign_in(login, PASSWORD)
    await jan.connected()
    await clara.at("end-sessions").click()
    await expect(jan.at("signin-note")).to_contain_text("Sitzung wurde beendet")


async def test_person_is_removed_after_a_question(open_page: OpenPage, add_user: AddUser) -> None:
    login = (await add_user("kurt")).login
    clara = await open_page("admin")
    await open_person(clara, login)
    await clara.at("remove-person").click()
    await clara.at("remove-person-no").click()
    await expect(clara.at("remove-person")).to_be_focused()
    await clara.at("remove-person").click()
    await clara.at("remove-person-yes").click()
    await expect(clara.at("people-count")).to_be_visible()
    await expect(person(clara, "anna")).to_be_visible()
    await expect(person(clara, login)).to_have_count(0)


async def test_unsaved_changes_are_left_only_after_a_question(
    open_page: OpenPage, add_user: AddUser
) -> None:
    login = (await add_user("lena", name="Lena")).login
    clara = await open_page("admin")
    await open_person(clara, login)
    await clara.at("name").fill("Lena Lang")
    await clara.at("nav-calls").click()
    await clara.at("leave-no").click()
    await expect(clara.at("name")).to_have_value("Lena Lang")
    await clara.page.get_by_role("button", name="EN", exact=True).click()
    await expect(clara.at("nav-people")).to_have_text("People")
    await expect(clara.at("name")).to_have_value("Lena Lang")  # nothing is lost, so nobody asks
    await clara.at("nav-calls").click()
    await clara.at("leave-yes").click()
    await expect(clara.at("person-form")).to_have_count(0)
    await open_person(clara, login)
    await expect(clara.at("name")).to_have_value("Lena")
    await clara.at("nav-calls").click()
    await expect(clara.at("person-form")).to_have_count(0)


async def test_user_opens_no_page_of_people(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    await expect(anna.at("nav-people")).to_have_count(0)
    await anna.page.goto("/#/people")
    await expect(anna.page.get_by_role("heading", name="Anrufe", exact=True)).to_be_visible()
    await expect(anna.at("people")).to_have_count(0)
