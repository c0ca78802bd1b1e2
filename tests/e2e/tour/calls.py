"""The list of calls: empty, filled, opened and filtered; dialling, keys, connection, bin."""

from playwright.async_api import expect

from e2e.tour.guide import Entries, Visit

CALLS = Entries()


async def disturb(at: Visit, *, may: bool) -> None:
    """Lets calls pop up, or holds them back. The choice stays with the user."""
    switch = at.desk.at("switch-disturb")
    wanted = "false" if may else "true"
    if await switch.get_attribute("aria-checked") != wanted:
        await switch.click()
    await expect(switch).to_have_attribute("aria-checked", wanted)


@CALLS.entry("calls", "lena")
async def calls(at: Visit) -> None:
    await expect(at.desk.at("call-row").first).to_be_visible()


@CALLS.entry("calls-of-all", "admin")
async def calls_of_all(at: Visit) -> None:
    await expect(at.desk.at("filter-mine")).to_be_visible()
    await expect(at.desk.at("call-row").first).to_be_visible()


@CALLS.entry("calls-empty", "emil")
async def calls_empty(at: Visit) -> None:
    await expect(at.desk.at("call-row")).to_have_count(0)
    await expect(at.desk.page.locator("sc-empty-state")).to_be_visible()


@CALLS.entry("calls-opened", "admin")
async def calls_opened(at: Visit) -> None:
    """Opens the last call that rang at two desks, with its timeline."""
    await at.desk.at("search").fill("Engel")
    await expect(at.desk.at("call-row")).to_have_count(2)
    await at.desk.at("row-open").first.click()
    await expect(at.desk.at("timeline-step").first).to_be_visible()


@CALLS.entry("calls-comments", "lena")
async def calls_comments(at: Visit) -> None:
    await at.desk.at("search").fill("Huber")
    await expect(at.desk.at("call-row")).to_have_count(2)
    await at.desk.at("row-open").first.click()
    await expect(at.desk.at("comment").first).to_be_visible()
    await at.desk.at("comment-text").fill("Angebot 4711 liegt in der Post.")


@CALLS.entry("calls-filtered", "admin")
async def calls_filtered(at: Visit) -> None:
    if await at.desk.at("filter-open").is_visible():
        await at.desk.at("filter-open").click()
    await at.desk.at("filter-result").select_option("missed")
    await at.desk.at("filter-days").select_option("custom")
    await expect(at.desk.at("filter-from")).to_be_visible()
    await expect(at.desk.at("call-row").first).to_be_visible()


@CALLS.entry("calls-no-results", "lena")
async def calls_no_results(at: Visit) -> None:
    await at.desk.at("search").fill("nobody has this name")
    await expect(at.desk.at("empty-reset")).to_be_visible()


@CALLS.entry("dialled", "lena")
async def dialled(at: Visit) -> None:
    await at.desk.at("dial-number").fill("040 66969703")
    await at.desk.at("dial-button").click()
    await expect(at.desk.at("toast")).to_be_visible()
    line = at.scenery.phone.call("040 66969703", direction="outbound")
    call = await line.send("ringing", "31")
    await expect(at.desk.popup(call)).to_have_attribute("data-phase", "ringing")


@CALLS.entry("dial-refused", "lena")
async def dial_refused(at: Visit) -> None:
    await at.desk.at("dial-number").fill("nobody")
    await at.desk.at("dial-button").click()
    await expect(at.desk.at("dial-error")).not_to_be_empty()


@CALLS.entry("missed-count", "tom")
async def missed_count(at: Visit) -> None:
    await disturb(at, may=True)
    await at.desk.at("me").click()
    await expect(at.desk.at("profile-form")).to_be_visible()
    call = at.scenery.phone.call("069 90009704")
    await call.send("ringing", "32")
    await call.send("missed", "32")
    await expect(at.desk.at("missed-count")).to_be_visible()
    await expect(at.desk.popup(call.call_id)).to_have_attribute("data-phase", "missed")
    await at.desk.popup(call.call_id).get_by_test_id("popup-close").click()
    await expect(at.desk.popup(call.call_id)).to_have_count(0)


@CALLS.entry("pop", "lena")
async def pop(at: Visit) -> None:
    call = await at.scenery.ring("08999998001")
    await at.desk.page.goto("/pop?number=%2B498999998001&extension=31")
    await expect(at.desk.at("pop")).to_have_attribute("data-call", call)
    await expect(at.desk.at("past-call").first).to_be_visible()


@CALLS.entry("pop-unknown", "lena")
async def pop_unknown(at: Visit) -> None:
    await at.desk.page.goto("/pop?number=%3Cnumber%3E&extension=31")
    await expect(at.desk.at("pop-call")).to_be_visible()


@CALLS.entry("keys", "lena")
async def keys(at: Visit) -> None:
    await at.desk.at("keys-open").click()
    await expect(at.desk.at("keys")).to_be_visible()


@CALLS.entry("connection-lost", "lena")
async def connection_lost(at: Visit) -> None:
    await at.desk.page.context.set_offline(True)
    await expect(at.desk.at("connection")).not_to_have_attribute("data-state", "connected")


@CALLS.entry("bin", "admin")
async def recycle_bin(at: Visit) -> None:
    await at.scenery.ring("069 90009704", "32")
    await at.scenery.hang_up()
    record = {"type": "supplier", "name": "Papier Nord"}
    added = (await at.scenery.admin.post("/api/directory/records", json=record)).json()
    await at.scenery.admin.delete(f"/api/directory/records/{added['id']}")
    await at.desk.open("bin")
    await expect(at.desk.at("bin-row").first).to_be_visible()
    await expect(at.desk.at("bin-record").first).to_be_visible()
