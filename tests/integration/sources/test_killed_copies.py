"""A copy of an address book can be gone on with wherever a process was killed."""

from dataclasses import replace

from integration.sources.test_address_books import settings, spoil_token
from support.crm import names
from support.radicale.server import Radicale, card
from support.stack.import_site import KilledError
from support.stack.source_site import SourceSite


async def kill_at(site: SourceSite, count: int) -> bool:
    """Has the next run killed at this write or page; False if it has fewer."""
    left = count

    async def dies() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KilledError

    await site.due()
    site.cards.before_write = site.fetches.before_page = dies
    killed = site.reader()
    await killed.take()
    try:
        await killed.finish()
    except KilledError:
        return True
    finally:
        del site.cards.before_write, site.fetches.before_page
    return False


async def test_killed_reader_misses_no_change(site: SourceSite, server: Radicale) -> None:
    await kill_everywhere(site, server)


async def test_run_after_a_killed_one_misses_no_change(site: SourceSite, server: Radicale) -> None:
    await kill_everywhere(site, server, is_given_up=True)


async def test_killed_listing_misses_no_card(site: SourceSite, server: Radicale) -> None:
    await kill_everywhere(site, server, is_lost=True)


async def kill_everywhere(
    site: SourceSite, server: Radicale, *, is_lost: bool = False, is_given_up: bool = False
) -> None:
    """Wherever a process is killed, another one ends the run, or the next run, and misses nothing.

    `is_lost`: the token of the copy is refused. `is_given_up`: nobody goes on with the run.
    """
    site.limits = replace(site.limits, pages_max=30)
    await server.fill(11)
    await site.store(settings(server))
    await site.read()
    kills = 0
    while True:
        step = kills + 1
        await server.put([("1", card(1, f"Version{step}")), (f"{20 + step}", card(20 + step))])
        await server.delete("11" if step == 1 else f"{19 + step}")
        if is_lost:
            await spoil_token(site, server)
        if not await kill_at(site, step):
            break
        kills += 1
        site.move(61)
        if is_given_up:
            await site.runs.cancel("acme", (await site.latest()).id, site.now)
            await site.due()
        await site.read()
        expected = sorted([f"Version{step} 1", f"Huber {20 + step}", *names(9, 2)])
        assert sorted(await site.names()) == expected, step
    assert kills >= 7
