"""The operator's page of dead letters."""

import json
from contextlib import aclosing
from dataclasses import replace

from playwright.async_api import Locator, expect

from e2e.conftest import Facts, OpenPage, signed_in
from e2e.page import DeskPage
from softphone_common.bus import topology
from softphone_common.bus.envelope import REASON_HEADER, Envelope
from support.bus.broker import broker_channel
from support.bus.dead_letters import missed_call, put_message

QUEUE = "calllog.call"


async def put_dead_letter(onebox: Facts, envelope: Envelope, reason: str) -> None:
    """Puts the message into the dead letter queue of the call log."""
    headers = {**envelope.headers, REASON_HEADER: reason}
    async with broker_channel(onebox["broker"]) as channel:
        await put_message(channel, replace(envelope, headers=headers), topology.dead(QUEUE))


def letter(open_page: DeskPage, reason: str) -> Locator:
    return open_page.at("letter-row").filter(has_text=reason)


async def test_dead_letter_page_shows_replays_and_drops_letters(
    onebox: Facts, open_page: OpenPage
) -> None:
    call, envelope = missed_call(onebox["tenant"], "089 99998191")
    evil = "<img src=x onerror=alert(1)>"
    await put_dead_letter(onebox, envelope, f"ValueError: {evil}")
    await put_dead_letter(onebox, Envelope(json.dumps(evil).encode(), {}), "no type")
    otto = await open_page("operator")
    await otto.open("dead-letters")
    mine = letter(otto, evil)
    await mine.get_by_test_id("letter-open").click()
    await expect(mine.get_by_test_id("letter-body")).to_contain_text(call)
    await expect(mine.locator("img")).to_have_count(0)
    await otto.picture("dead-letters")

    await otto.at("letters-tenant").select_option(onebox["tenant"])
    await expect(letter(otto, "no type")).to_have_count(0)
    await otto.page.reload()
    await expect(otto.at("letters-tenant")).to_have_value(onebox["tenant"])
    await mine.get_by_test_id("letter-open").click()
    await expect(letter(otto, "no type")).to_have_count(0)
    await mine.get_by_test_id("letter-replay").click()
    await expect(mine).to_have_attribute("data-state", "replayed")
    await expect(mine.get_by_test_id("letter-replay")).to_have_count(0)
    await otto.at("letters-state").select_option("waiting")
    await otto.at("letters-tenant").select_option("")
    await expect(mine).to_have_count(0)
    await otto.open("calls")
    await expect(otto.row(call)).to_contain_text("verpasst")

    await otto.open("dead-letters")
    poison = letter(otto, "no type")
    await poison.get_by_test_id("letter-open").click()
    await poison.get_by_test_id("letter-drop").click()
    await poison.get_by_test_id("letter-drop-yes").click()
    await expect(poison).to_have_count(0)


async def drop_letters(onebox: Facts) -> None:
    """Drops the letters that other tests have left waiting."""
    async with aclosing(await signed_in(onebox, "operator")) as operator:
        path = "/api/dead-letters?state=waiting&limit=200"
        for waiting in (await operator.get(path)).raise_for_status().json()["items"]:
            (await operator.delete(f"/api/dead-letters/{waiting['id']}")).raise_for_status()


async def test_replay_of_all_letters_goes_on_past_poison(
    onebox: Facts, open_page: OpenPage
) -> None:
    await drop_letters(onebox)
    calls = [missed_call(onebox["tenant"], "089 99998191") for _ in range(3)]
    for _, envelope in calls:
        await put_dead_letter(onebox, envelope, "a bad release")
    await put_dead_letter(onebox, Envelope(b"dies again at once", {}), "a bad release")
    otto = await open_page("operator")
    await otto.open("dead-letters")
    await expect(letter(otto, "a bad release")).to_have_count(4)
    await otto.at("letters-replay").click()
    await otto.at("letters-replay-yes").click()
    await expect(otto.at("toast")).to_have_text("Erneut zugestellt: 4")
    await expect(letter(otto, "a bad release")).to_have_count(0)
    await otto.open("calls")
    for call, _ in calls:
        await expect(otto.row(call)).to_be_visible()


async def test_dead_letter_page_is_hidden_from_administrators(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    await expect(clara.at("nav-operation")).to_have_count(0)
    await clara.page.goto("/#/dead-letters")
    await expect(clara.at("letters")).to_have_count(0)
    await expect(clara.at("search")).to_be_visible()
