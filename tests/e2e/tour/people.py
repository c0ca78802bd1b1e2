"""The pages of a company's administrator: people, settings and security log."""

from datetime import timedelta

from playwright.async_api import Route, expect

from e2e.tour.account import to_top
from e2e.tour.guide import Entries, Visit
from softphone_common.process.clock import utc_now

PEOPLE = Entries()


@PEOPLE.entry("people", "admin")
async def people(at: Visit) -> None:
    await at.desk.open("people")
    await expect(at.desk.at("person").first).to_be_visible()


@PEOPLE.entry("people-invite", "admin")
async def invite(at: Visit) -> None:
    await at.desk.open("people")
    await at.desk.at("invite").click()
    form = at.desk.at("invite-form")
    await form.get_by_test_id("name").fill("Paula Peters")
    await form.get_by_test_id("extensions").fill("35")
    await form.get_by_test_id("teams").fill("Vertrieb")
    await expect(form.get_by_test_id("login")).to_have_value("paula.peters")


@PEOPLE.entry("person", "admin")
async def person(at: Visit) -> None:
    await at.desk.page.goto(f"/#/people/{at.scenery.users['tom']}")
    await expect(at.desk.at("person-form")).to_be_visible()


@PEOPLE.entry("person-remove", "admin")
async def person_remove(at: Visit) -> None:
    await person(at)
    await at.desk.at("remove-person").click()
    await expect(at.desk.at("remove-person-no")).to_be_focused()


@PEOPLE.entry("company", "admin")
async def company(at: Visit) -> None:
    await at.desk.open("settings")
    await expect(at.desk.at("numbers-form")).to_be_visible()


@PEOPLE.entry("company-numbers", "admin")
async def numbers(at: Visit) -> None:
    """Tries a number, and enters own numbers that are not saved."""
    await company(at)
    trial = at.desk.at("try-form")
    await trial.get_by_test_id("number").fill("(0221) 4710-701")
    await trial.get_by_test_id("save").click()
    await expect(at.desk.at("tried")).not_to_be_empty()
    lines = at.desk.at("own-numbers")
    for number, name in (("0221 471070", "Zentrale"), ("0221 471071", "Service")):
        await lines.get_by_test_id("line-name").last.fill(number)
        await lines.get_by_test_id("line-extension").last.fill(name)
        await lines.get_by_test_id("line-add").click()
    await to_top(trial)


@PEOPLE.entry("company-activation", "admin")
async def activation(at: Visit) -> None:
    """The answer is replaced: the activation of the demo ends in years."""

    async def ends_soon(route: Route) -> None:
        answer = await route.fetch()
        tenant = await answer.json()
        tenant["activation"]["expires_at"] = (utc_now() + timedelta(days=3)).isoformat()
        await route.fulfill(response=answer, json=tenant)

    await at.desk.page.route("**/api/tenant", ends_soon)
    await at.desk.page.reload()
    await expect(at.desk.at("activation-banner")).to_be_visible()
    await at.desk.open("settings")
    await expect(at.desk.at("activation-form")).to_be_visible()


@PEOPLE.entry("api-keys", "admin")
async def api_keys(at: Visit) -> None:
    await at.desk.open("api-keys")
    await expect(at.desk.at("api-keys")).to_be_visible()


@PEOPLE.entry("api-key-new", "admin")
async def api_key_new(at: Visit) -> None:
    await at.desk.open("api-keys")
    await at.desk.at("api-key-add").click()
    await expect(at.desk.at("api-key-form")).to_be_visible()


@PEOPLE.entry("security-log", "admin")
async def security_log(at: Visit) -> None:
    await at.desk.open("audit")
    await expect(at.desk.at("audit-row").first).to_be_visible()
