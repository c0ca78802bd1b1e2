"""The operators' page of the state of the installation."""

from playwright.async_api import Route, expect

from e2e.conftest import Facts, OpenPage
from e2e.test_dead_letters import put_dead_letter
from softphone_common.bus.envelope import Envelope
from softphone_common.runtime.registry import service_names
from softphone_testing.until import until
from support.web_client import web_client


async def drop_letters(onebox: Facts) -> None:
    """Drops the dead letters of other tests, also one that dies again meanwhile."""
    user = next(u for u in onebox["users"] if u["role"] == "operator")
    async with web_client(onebox["url"]) as client:
        credentials = {"login": user["login"], "password": user["password"]}
        answer = await client.post("/api/session", json={"tenant": onebox["tenant"], **credentials})
        client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['token']}"

        async def are_gone() -> bool:
            letters = (await client.get("/api/dead-letters")).raise_for_status().json()["items"]
            for letter in letters:
                await client.delete(f"/api/dead-letters/{letter['id']}")
            state = (await client.get("/api/system/janitor")).raise_for_status().json()
            waiting = [queue for queue in state["queues"] or [] if queue["messages"]]
            return not letters and not waiting and state["figures"]["dead_letters"] == 0

        await until(are_gone, what="an installation without dead letters")


async def test_system_page_shows_services_and_a_fault_within_seconds(
    onebox: Facts, open_page: OpenPage
) -> None:
    await drop_letters(onebox)
    otto = await open_page("operator")
    await otto.open("system")
    verdict = otto.at("system-verdict")
    await expect(verdict).to_have_text("Alles in Ordnung")
    await expect(otto.at("service")).to_have_count(len(service_names()))
    for service in service_names():
        shown = otto.page.locator(f"[data-service='{service}']")
        await expect(shown).to_have_attribute("data-state", "ok")
        await expect(shown).to_contain_text("Version ")
    spool = otto.page.locator("[data-service=ingest]").get_by_text("Zwischenspeicher", exact=False)
    await expect(spool).to_be_visible()
    await expect(otto.at("sweeps")).to_contain_text(onebox["tenant"])
    await otto.picture("system")

    await put_dead_letter(onebox, Envelope(b"broken", {}), "no type")
    await expect(verdict).to_have_text("Ein Problem")
    fault = otto.at("fault")
    await expect(fault).to_have_text("1 Nachricht konnte nicht verarbeitet werden. Ansehen")
    await otto.picture("system-fault")
    await fault.get_by_role("link").click()
    letter = otto.at("letter-row").filter(has_text="no type")
    await letter.get_by_test_id("letter-open").click()
    await letter.get_by_test_id("letter-drop").click()
    await letter.get_by_test_id("letter-drop-yes").click()
    await expect(letter).to_have_count(0)
    await otto.open("system")
    await expect(verdict).to_have_text("Alles in Ordnung")


async def test_system_page_names_a_service_without_an_answer(open_page: OpenPage) -> None:
    otto = await open_page("operator")
    otto.expected.append("503")

    async def is_away(route: Route) -> None:
        await route.fulfill(status=503, body="")

    await otto.page.route("**/api/system/matcher", is_away)
    await otto.open("system")
    fault = otto.page.locator("[data-kind=away]")
    await expect(fault).to_contain_text("matcher antwortet nicht.")
    await expect(otto.page.locator("[data-service=matcher]")).to_have_attribute(
        "data-state", "away"
    )
    await otto.page.unroute("**/api/system/matcher", is_away)
    await expect(otto.page.locator("[data-service=matcher]")).to_have_attribute("data-state", "ok")


async def test_sweep_can_be_started_from_the_system_page(open_page: OpenPage) -> None:
    otto = await open_page("operator", locale="en-GB")
    await otto.open("system")
    await otto.at("sweep-now").first.click()
    await expect(otto.at("toast")).to_contain_text("has begun")


async def test_operators_pages_are_hidden_from_administrators(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    await expect(clara.at("nav-operation")).to_have_count(0)
    for view in ("system", "tenants", "tenants/new"):
        await clara.page.goto(f"/#/{view}")
        await expect(clara.at("search")).to_be_visible()
        await expect(clara.at("nav-operation")).to_have_count(0)
