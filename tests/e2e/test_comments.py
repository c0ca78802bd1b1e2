"""Comments are saved to the chosen record, and unsent text is never lost."""

from playwright.async_api import Route, expect

from e2e.conftest import Facts, OpenPage
from e2e.page import DeskPage
from support.tenant.phone import Phone


async def test_comment_with_a_chosen_record_is_saved_to_it(
    onebox: Facts, open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    call = await phone.call(onebox["caller"]).ringing()
    popup, row = anna.popup(call), anna.row(call)
    await expect(popup.get_by_test_id("popup-match")).to_have_count(5)
    await popup.get_by_test_id("comment-text").fill("Bittet um Rückruf am Montag")
    await popup.get_by_test_id("comment-record").select_option("Partner: Huber & Partner Vertrieb")
    await popup.get_by_test_id("comment-save").click()
    await expect(popup.get_by_test_id("comment")).to_contain_text("Bittet um Rückruf am Montag")
    await expect(popup.get_by_test_id("comment")).to_contain_text("Huber & Partner Vertrieb")
    await expect(popup.get_by_test_id("comment-text")).to_have_value("")
    await expect(row.get_by_test_id("row-comments")).to_have_text("1")
    await anna.picture("comment")

    await anna.page.reload()
    await popup.get_by_test_id("popup-close").click()
    await row.get_by_test_id("row-open").click()
    saved = row.get_by_test_id("comment")
    await expect(saved).to_contain_text("Bittet um Rückruf am Montag")
    await expect(saved).to_contain_text("Huber & Partner Vertrieb")


async def test_comment_is_changed_deleted_and_restored(open_page: OpenPage, phone: Phone) -> None:
    anna, boss = await open_page("anna"), await open_page("admin")
    call = await phone.call("08999998001").ringing()
    popup, row = anna.popup(call), anna.row(call)
    await expect(popup.get_by_test_id("popup-match")).to_have_count(5)
    await popup.get_by_test_id("comment-text").fill("Rückruf am Montag")
    await popup.get_by_test_id("comment-save").click()
    await expect(row.get_by_test_id("row-comments")).to_have_text("1")
    await popup.get_by_test_id("comment-edit").click()
    await expect(popup.get_by_test_id("comment-edit-text")).to_be_focused()
    await popup.get_by_test_id("comment-edit-text").fill("Rückruf am Dienstag")
    await popup.get_by_test_id("comment-edit-save").click()
    comment = popup.get_by_test_id("comment")
    await expect(comment).to_contain_text("Rückruf am Dienstag")
    await expect(comment).to_contain_text("bearbeitet")
    await expect(popup.get_by_test_id("comment-edit")).to_be_focused()
    await popup.get_by_test_id("comment-delete").click()
    await popup.get_by_test_id("comment-delete-yes").click()
    await expect(comment).to_have_count(0)
    await expect(row.get_by_test_id("row-comments")).to_have_count(0)

    await boss.open("bin")
    deleted = boss.at("bin-comment").filter(has_text="Rückruf am Dienstag")
    await deleted.get_by_test_id("bin-restore").click()
    await expect(deleted).to_have_count(0)
    await expect(comment).to_contain_text("Rückruf am Dienstag")
    await popup.get_by_test_id("popup-close").click()


async def test_older_comments_are_shown_on_request(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    call = await phone.call("08999998001").ringing()
    popup, row = anna.popup(call), anna.row(call)
    await expect(popup.get_by_test_id("popup-match")).to_have_count(5)
    for number in range(5):
        await popup.get_by_test_id("comment-text").fill(f"Notiz {number}")
        await popup.get_by_test_id("comment-save").click()
        await expect(popup.get_by_test_id("comment")).to_have_count(number + 1)
    await expect(popup.get_by_test_id("comment-more")).to_be_hidden()

    await anna.page.reload()
    await popup.get_by_test_id("popup-close").click()
    await expect(row.get_by_test_id("row-comments")).to_have_text("5")
    await row.get_by_test_id("row-open").click()
    await expect(row.get_by_test_id("comment")).to_have_count(3)
    await expect(row.get_by_test_id("comment-more")).to_have_text("2 weitere Kommentare anzeigen")
    await row.get_by_test_id("comment-more").click()
    await expect(row.get_by_test_id("comment")).to_have_count(5)
    await expect(row.get_by_test_id("comment").first).to_contain_text("Notiz 0")
    await expect(row.get_by_test_id("comment-more")).to_be_hidden()


async def test_comment_not_yet_sent_survives_a_reload(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    line = phone.call("08999998001")
    call = await line.ringing()
    popup, row = anna.popup(call), anna.row(call)
    await expect(popup.get_by_test_id("popup-match")).to_have_count(5)
    await popup.get_by_test_id("comment-text").fill("noch nicht fertig")
    await popup.get_by_test_id("comment-record").select_option("Lieferant: Huber Feinblech KG")
    await line.connected()
    await expect(popup).to_have_attribute("data-phase", "connected")
    await expect(popup.get_by_test_id("comment-text")).to_have_value("noch nicht fertig")

    await anna.page.reload()
    await expect(popup.get_by_test_id("comment-text")).to_have_value("noch nicht fertig")
    chosen = popup.get_by_test_id("comment-record").locator("option:checked")
    await expect(chosen).to_have_text("Lieferant: Huber Feinblech KG")
    await expect(row).to_contain_text("Entwurf")

    await popup.get_by_test_id("comment-save").click()
    await expect(popup.get_by_test_id("comment")).to_contain_text("noch nicht fertig")
    await expect(popup.get_by_test_id("comment-text")).to_have_value("")
    await anna.page.reload()
    await expect(popup).to_be_visible()
    await expect(popup.get_by_test_id("comment-text")).to_have_value("")


async def test_comment_not_yet_sent_is_the_same_in_all_tabs(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    other = DeskPage(await anna.page.context.new_page(), {})
    await other.page.goto("/")
    await other.connected()  # a tab that opens later would take the popup over
    call = await phone.call("08999998143").ringing()
    texts = [tab.popup(call).get_by_test_id("comment-text") for tab in (anna, other)]
    await anna.at("dial-number").click()  # the tab that is used shows the popup
    await texts[0].fill("begonnen")
    await expect(texts[1]).to_have_value("begonnen")
    await other.at("dial-number").click()
    await texts[1].fill("begonnen und ergänzt")
    await expect(texts[0]).to_have_value("begonnen und ergänzt")
    await anna.at("dial-number").click()
    await anna.popup(call).get_by_test_id("comment-save").click()
    for tab, text in zip((anna, other), texts, strict=True):
        await expect(tab.popup(call).get_by_test_id("comment")).to_have_count(1)
        await expect(text).to_have_value("")


async def test_comment_whose_save_failed_keeps_its_text(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    anna.expected += ["503", "ERR_FAILED"]
    call = await phone.call("08999998141").ringing()
    popup = anna.popup(call)
    answers: list[int | None] = [503, None]

    async def fail(route: Route) -> None:
        status = answers.pop(0)
        await (route.abort() if status is None else route.fulfill(status=status))

    await anna.page.route("**/comments", fail, times=2)
    await popup.get_by_test_id("comment-text").fill("nicht verlieren")
    for words in ("in einer Minute", "Prüfen Sie die Verbindung"):
        await popup.get_by_test_id("comment-save").click()
        await expect(popup.get_by_test_id("comment-note")).to_contain_text(words)
        await expect(popup.get_by_test_id("comment-text")).to_have_value("nicht verlieren")
    await expect(anna.row(call)).to_be_visible()
    await popup.get_by_test_id("comment-save").click()
    await expect(popup.get_by_test_id("comment")).to_contain_text("nicht verlieren")


async def test_comment_is_saved_once_the_log_has_the_call(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    call = await phone.call("08999998144").ringing()
    popup = anna.popup(call)

    async def lack(route: Route) -> None:
        problem = {"title": "Not Found", "status": 404, "code": "call-unknown"}
        await route.fulfill(status=404, content_type="application/problem+json", json=problem)

    await anna.page.route("**/comments", lack, times=2)
    await popup.get_by_test_id("comment-text").fill("kam vor dem Protokoll")
    await popup.get_by_test_id("comment-save").click()
    await expect(popup.get_by_test_id("comment")).to_contain_text("kam vor dem Protokoll")
    await expect(popup.get_by_test_id("comment-text")).to_have_value("")


async def test_comment_at_one_desk_appears_at_the_other(open_page: OpenPage, phone: Phone) -> None:
    anna, bernd = await open_page("anna"), await open_page("bernd")
    line = phone.call("08999998142")
    call = await line.ringing()
    await line.ringing("22")
    await expect(bernd.popup(call)).to_be_visible()
    await anna.popup(call).get_by_test_id("comment-text").fill("Ich übernehme")
    await anna.popup(call).get_by_test_id("comment-save").click()
    await expect(bernd.popup(call).get_by_test_id("comment")).to_contain_text("Ich übernehme")
