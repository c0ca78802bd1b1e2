"""The operator's page of what could not be handled."""

import json
from dataclasses import replace

from playwright.async_api import Locator, expect

from e2e.conftest import Facts, Open
from e2e.desk import Desk
from softphone_common.bus import topology
from softphone_common.bus.envelope import REASON_HEADER, Envelope
from support.broker import broker
from support.dead_letters import missed, put

QUEUE = "calllog.call"


async def died(onebox: Facts, envelope: Envelope, reason: str) -> None:
    """Puts it where the broker has what the call log gave up on."""
    headers = {**envelope.headers, REASON_HEADER: reason}
    async with broker(onebox["broker"]) as channel:
        await put(channel, replace(envelope, headers=headers), topology.dead(QUEUE))


def letter(desk: Desk, reason: str) -> Locator:
    return desk.at("letter-row").filter(has_text=reason)


async def test_a_letter_is_read_replayed_and_dropped(onebox: Facts, desk: Open) -> None:
    call, envelope = missed(onebox["tenant"], "089 99998191")
    evil = "<img src=x onerror=alert(1)>"
    await died(onebox, envelope, f"ValueError: {evil}")
    await died(onebox, Envelope(json.dumps(evil).encode(), {}), "no type")
    otto = await desk("operator")
    await otto.at("nav-dead-letters").click()
    mine = letter(otto, evil)
    await mine.get_by_test_id("letter-open").click()
    await expect(mine.get_by_test_id("letter-body")).to_contain_text(call)
    await expect(mine.locator("img")).to_have_count(0)
    await otto.picture("dead-letters")

    await otto.at("letters-tenant").fill(onebox["tenant"])
    await expect(letter(otto, "no type")).to_have_count(0)
    await mine.get_by_test_id("letter-replay").click()
    await expect(mine).to_have_attribute("data-state", "replayed")
    await expect(mine.get_by_test_id("letter-replay")).to_have_count(0)
    await otto.at("letters-state").select_option("waiting")
    await otto.at("letters-tenant").fill("")
    await expect(mine).to_have_count(0)
    await otto.at("nav-calls").click()
    await expect(otto.row(call)).to_contain_text("nicht angenommen")

    await otto.at("nav-dead-letters").click()
    poison = letter(otto, "no type")
    await poison.get_by_test_id("letter-open").click()
    await poison.get_by_test_id("letter-drop").click()
    await poison.get_by_test_id("letter-drop-yes").click()
    await expect(poison).to_have_count(0)


async def test_all_are_replayed_though_some_die_again(onebox: Facts, desk: Open) -> None:
    calls = [missed(onebox["tenant"], "089 99998191") for _ in range(3)]
    for _, envelope in calls:
        await died(onebox, envelope, "a bad release")
    await died(onebox, Envelope(b"dies again at once", {}), "a bad release")
    otto = await desk("operator")
    await otto.at("nav-dead-letters").click()
    await expect(letter(otto, "a bad release")).to_have_count(4)
    await otto.at("letters-replay").click()
    await otto.at("letters-replay-yes").click()
    await expect(otto.at("toast")).to_have_text("Zurückgegeben: 4")
    await expect(letter(otto, "a bad release")).to_have_count(0)
    await otto.at("nav-calls").click()
    for call, _ in calls:
        await expect(otto.row(call)).to_be_visible()


async def test_is_for_operators_alone(desk: Open) -> None:
    clara = await desk("admin")
    await expect(clara.at("nav-dead-letters")).to_have_count(0)
    await clara.page.goto("/#/dead-letters")
    await expect(clara.at("letters")).to_have_count(0)
    await expect(clara.at("filter-phase")).to_be_visible()
