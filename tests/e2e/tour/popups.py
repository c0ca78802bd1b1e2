"""The popups of calls: one and many, with and without records, and the dialogs they open."""

from playwright.async_api import Locator, expect

from e2e.tour.calls import disturb
from e2e.tour.guide import Entries, Visit

POPUPS = Entries()
MANY_RECORDS = "08999998001"
ONE_RECORD = "0221 4710701"
STRANGER = "030 23125790"


async def ringing(at: Visit, number: str, extension: str = "31", **fields: str) -> Locator:
    """The popup of a call that rings now."""
    popup = at.desk.popup(await at.scenery.ring(number, extension, **fields))
    await expect(popup).to_be_visible()
    return popup


@POPUPS.entry("popup", "lena")
async def one_record(at: Visit) -> None:
    popup = await ringing(at, ONE_RECORD, called="+49221471070")
    await expect(popup.get_by_test_id("past-call").first).to_be_visible()
    await expect(popup.get_by_test_id("popup-match")).to_have_count(1)


@POPUPS.entry("popup-records", "lena")
async def many_records(at: Visit) -> None:
    popup = await ringing(at, MANY_RECORDS)
    await expect(popup.get_by_test_id("popup-match")).to_have_count(5)
    await expect(popup.get_by_test_id("past-call").first).to_be_visible()


@POPUPS.entry("popup-connected", "lena")
async def connected(at: Visit) -> None:
    call = at.scenery.new_call("089 99998705")
    await call.send("ringing", "31")
    popup = at.desk.popup(await call.send("connected", "31"))
    await expect(popup).to_have_attribute("data-phase", "connected")
    await expect(popup.get_by_test_id("past-call").first).to_be_visible()
    await popup.get_by_test_id("comment-text").fill("Möchte die Schlüssel am Montag abholen.")


@POPUPS.entry("popup-unknown", "admin")
async def no_record(at: Visit) -> None:
    popup = await ringing(at, STRANGER, "20", name="Ritter, Jo")
    await expect(popup.get_by_test_id("record-new")).to_be_visible()


@POPUPS.entry("popup-new-record", "admin")
async def new_record(at: Visit) -> None:
    popup = await ringing(at, STRANGER, "20", name="Ritter, Jo")
    await popup.get_by_test_id("record-new").click()
    dialog = at.desk.at("new-record")
    await dialog.get_by_test_id("organization").fill("Ritter OHG")
    await dialog.get_by_test_id("emails").fill("ritter")
    await dialog.get_by_test_id("save").click()
    await expect(dialog.get_by_test_id("emails")).to_have_attribute("aria-invalid", "true")


@POPUPS.entry("popup-attach", "admin")
async def attach(at: Visit) -> None:
    popup = await ringing(at, STRANGER, "20", name="Ritter, Jo")
    await popup.get_by_test_id("record-attach").click()
    await at.desk.at("record-search").fill("Huber")
    await expect(at.desk.at("record-choice").first).to_be_visible()
    await expect(at.desk.at("record-choice").filter(has_text="Keller")).to_have_count(0)


@POPUPS.entry("popup-missed", "lena")
async def missed(at: Visit) -> None:
    call = at.scenery.new_call(ONE_RECORD)
    popup = at.desk.popup(await call.send("ringing", "31"))
    await expect(popup.get_by_test_id("past-call").first).to_be_visible()
    await call.send("missed", "31")
    await expect(popup.get_by_test_id("popup-dial")).to_be_visible()


@POPUPS.entry("popup-elsewhere", "lena")
async def elsewhere(at: Visit) -> None:
    call = at.scenery.new_call("0171 3920070")
    popup = at.desk.popup(await call.send("ringing", "31"))
    await expect(popup.get_by_test_id("past-call").first).to_be_visible()
    await call.send("ringing", "32")
    await call.send("connected", "32")
    await expect(popup.get_by_test_id("popup-elsewhere")).to_be_visible()


@POPUPS.entry("popups", "lena")
async def stacked(at: Visit) -> None:
    for number in ("030 23125702", "069 90009704", "030 23125791", "0171 3920070"):
        await at.scenery.ring(number)
    popup = await ringing(at, ONE_RECORD)
    await expect(popup.get_by_test_id("past-call").first).to_be_visible()
    await expect(at.desk.at("popup-row")).to_have_count(2)


@POPUPS.entry("popups-minimised", "lena")
async def minimised(at: Visit) -> None:
    for number in ("030 23125702", "0171 3920070"):
        await ringing(at, number)
    await expect(at.desk.at("popup-who").filter(has_text="Engel")).to_be_visible()
    await at.desk.at("popups-minimise").click()
    await expect(at.desk.at("popup").first).to_be_hidden()


@POPUPS.entry("do-not-disturb", "tom")
async def do_not_disturb(at: Visit) -> None:
    await disturb(at, may=False)
    await at.scenery.ring("030 23125702", "32")
    await expect(at.desk.at("popups-waiting")).to_be_visible()
