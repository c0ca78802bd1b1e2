"""An address book (CardDAV) of a real server is read, and later only what changed in it."""

from dataclasses import replace
from threading import current_thread, main_thread
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from softphone_matcher.imports.address_book import reduced_card
from softphone_matcher.sources import carddav_reader
from softphone_matcher.sources.card_store import Book
from softphone_matcher.sources.carddav_reader import copy_of
from support.crm import names
from support.radicale.server import PASSWORD, USER, Radicale, card
from support.stack.source_site import RETRY_SECONDS, SourceSite

SECRET = {"credentials": "basic", "credentials_name": USER, "secret": PASSWORD}


def settings(server: Radicale, **more: Any) -> dict[str, Any]:
    """The address book as an administrator sends it."""
    fields = {"name": "book", "kind": "carddav", "address": server.address(), **SECRET}
    return {**fields, **more}


async def read_again(site: SourceSite) -> tuple[str, str]:
    """The state and the code of the next run."""
    await site.due()
    await site.read()
    run = await site.latest()
    return run.state, run.code


async def test_all_cards_of_a_book_are_saved(site: SourceSite, server: Radicale) -> None:
    await server.fill(60)
    await site.store(settings(server))
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, run.created, run.fetched) == ("finished", "", 60, 60)
    assert sorted(await site.names()) == names(60)
    assert len(server.requests("addressbook-multiget")) == 2


async def test_only_what_changed_is_fetched_again(site: SourceSite, server: Radicale) -> None:
    await server.fill(20)
    await site.store(settings(server))
    await site.read()
    await server.put([("3", card(3, "Maier")), ("21", card(21))])
    await server.delete("7")
    server.front.requests.clear()
    assert await read_again(site) == ("finished", "")
    run = await site.latest()
    assert (run.created, run.updated, run.unchanged, run.removed) == (1, 1, 18, 1)
    (request,) = server.requests("addressbook-multiget")
    assert request.count("<D:href>") == 3
    expected = [n for n in names(21) if n not in {"Huber 3", "Huber 7"}]
    assert sorted(await site.names()) == sorted([*expected, "Maier 3"])
    server.front.requests.clear()
    assert await read_again(site) == ("finished", "")
    assert ((await site.latest()).unchanged, server.requests("multiget")) == (20, [])


async def spoil_token(site: SourceSite, server: Radicale) -> None:
    """Has the copy ask with a token that the server has never given out."""
    copy = copy_of((await site.sources.list_all("acme"))[0])
    assert await site.cards.book(copy)
    await site.cards.note(copy, Book(server.address(), "http://radicale.org/ns/sync/lost"))


async def test_refused_token_costs_a_listing_and_no_cards(
    site: SourceSite, server: Radicale
) -> None:
    await server.fill(20)
    await site.store(settings(server))
    await site.read()
    await spoil_token(site, server)
    await server.put([("3", card(3, "Maier"))])
    await server.delete("7")
    server.front.requests.clear()
    assert await read_again(site) == ("finished", "")
    run = await site.latest()
    assert (run.updated, run.unchanged, run.removed) == (1, 18, 1)
    (request,) = server.requests("addressbook-multiget")
    assert request.count("<D:href>") == 2
    assert len(server.requests("sync-collection")) == 2
    assert await read_again(site) == ("finished", "")


def without_changes(path: str, answer: httpx.Response) -> Response | None:
    """Hides that the server lists changes."""
    body = answer.text.replace("<sync-collection", "<other-report")
    return Response(body, answer.status_code) if "sync-collection" in answer.text else None


async def test_server_without_changes_is_listed_each_time(
    site: SourceSite, server: Radicale
) -> None:
    server.front.forge = without_changes
    await server.fill(20)
    await site.store(settings(server))
    await site.read()
    assert sorted(await site.names()) == names(20)
    await server.put([("3", card(3, "Maier"))])
    await server.delete("7")
    assert await read_again(site) == ("finished", "")
    run = await site.latest()
    assert (run.updated, run.unchanged, run.removed) == (1, 18, 1)
    assert server.requests("sync-collection xmlns") == []


@pytest.mark.parametrize("path", ["", "/", "/anna/"])
async def test_only_book_of_the_user_is_found(
    site: SourceSite, server: Radicale, path: str
) -> None:
    await server.fill(3)
    await site.store(settings(server, address=server.front.url + path))
    await site.read()
    assert ((await site.latest()).state, await site.names()) == ("finished", names(3))


async def test_one_of_several_books_has_to_be_named(site: SourceSite, server: Radicale) -> None:
    await server.make_book("private")
    await site.store(settings(server, address=server.front.url))
    await site.read()
    run = await site.latest()
    assert (run.state, run.code) == ("failed", "source-address-books")
    addresses = sorted(run.params["addresses"].split(", "))
    assert addresses == [server.address("book"), server.address("private")]


async def test_address_without_a_book_is_named(site: SourceSite, server: Radicale) -> None:
    site.permit(site.crm)
    await site.store(settings(server, address=f"{site.crm.url}/page"))
    await site.read()
    run = await site.latest()
    assert (run.state, run.code) == ("failed", "source-not-carddav")


async def test_groups_are_no_contacts(site: SourceSite, server: Radicale) -> None:
    await server.fill(12)
    group = card(50, "All", "X-ADDRESSBOOKSERVER-KIND:group")
    await server.put([("group", group)])
    await site.store(settings(server))
    await site.read()
    run = await site.latest()
    assert (run.created, run.rejected, run.fetched) == (12, 0, 12)
    await server.delete("12")
    assert await read_again(site) == ("finished", "")
    assert ((await site.latest()).removed, len(await site.names())) == (1, 11)


async def test_pictures_are_not_kept(site: SourceSite, server: Radicale) -> None:
    picture = "PHOTO;ENCODING=b;TYPE=JPEG:" + "QUJD" * 5000
    await server.put([(str(n), card(n, "Huber", picture)) for n in range(1, 4)])
    source = await site.store(settings(server))
    await site.read()
    assert await site.names() == names(3)
    kept = await site.cards.page(copy_of(source), "", 10)
    assert max(len(each.card) for each in kept) < 500
    assert (await site.latest()).size < 1500


async def test_answer_that_is_too_large_is_taken_in_parts(
    site: SourceSite, server: Radicale
) -> None:
    site.limits = replace(site.limits, pages_max=100, bytes_max=500_000)
    picture = "PHOTO;ENCODING=b;TYPE=JPEG:" + "QUJD" * 10_000
    await server.put([(str(n), card(n, "Huber", picture)) for n in range(1, 8)])
    large = "PHOTO;ENCODING=b;TYPE=JPEG:" + "QUJD" * 45_000
    await server.put([("large", card(50, "Large", large))])
    await site.store(settings(server))
    await site.read()
    run = await site.latest()
    assert (run.state, run.created, run.rejected) == ("finished", 7, 1)
    assert sorted(await site.names()) == names(7)
    (problem,) = await site.runs.list_problems(run.id)
    assert (problem.code, problem.text) == ("card-too-large", "SOURCE:/anna/book/large.vcf")
    server.front.requests.clear()
    assert (await read_again(site))[0] == "finished"
    assert server.requests("multiget") == []


async def test_copy_of_a_book_does_not_grow_without_end(site: SourceSite, server: Radicale) -> None:
    site.limits = replace(site.limits, bytes_max=3000)
    await server.fill(60)
    source = await site.store(settings(server))
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, run.params) == ("failed", "source-too-large", {"limit": 3000})
    assert len(server.requests("addressbook-multiget")) == 1
    assert await site.cards.wanted(copy_of(source), 1) == []


async def test_half_a_book_changes_nothing(site: SourceSite, server: Radicale) -> None:
    await server.fill(12)
    await site.store(settings(server))
    await site.read()
    await server.fill(12, "Maier")

    def broken(_: str, answer: httpx.Response) -> Response | None:
        return Response(status_code=500) if "address-data" in answer.text else None

    server.front.forge = broken
    await site.due()
    for _ in range(6):
        await site.read()
        site.move(RETRY_SECONDS * 8)
    run = await site.latest()
    assert (run.state, run.code) == ("failed", "source-answered")
    assert sorted(await site.names()) == names(12)
    server.front.forge = None
    assert await read_again(site) == ("finished", "")
    assert sorted(await site.names()) == names(12, name="Maier")


async def test_short_listing_removes_nothing(site: SourceSite, server: Radicale) -> None:
    """A server that lists a part only is asked for the others, and has them."""
    await server.fill(12)
    await site.store(settings(server))
    await site.read()
    await spoil_token(site, server)

    def part(_: str, answer: httpx.Response) -> Response | None:
        responses = answer.text.split("<response>")
        if len(responses) < 10 or "address-data" in answer.text:
            return None
        end = "<sync-token>" + answer.text.partition("<sync-token>")[2]
        return Response("<response>".join(responses[:6]) + end, 207)

    server.front.forge = part
    assert await read_again(site) == ("finished", "")
    assert ((await site.latest()).unchanged, (await site.latest()).removed) == (12, 0)


async def test_cards_that_do_not_come_end_the_run(site: SourceSite, server: Radicale) -> None:
    await server.fill(3)

    def fewer(_: str, answer: httpx.Response) -> Response | None:
        if "BEGIN:VCARD" not in answer.text:
            return None
        head, *responses = answer.text.split("<response>")
        return Response("<response>".join([head, *responses[1:]]), 207)

    server.front.forge = fewer
    await site.store(settings(server))
    await site.read()
    run = await site.latest()
    assert (run.state, run.code) == ("failed", "source-cards-missing")
    assert await site.names() == []


async def test_truncated_answer_is_gone_on_with(site: SourceSite, server: Radicale) -> None:
    """RFC 6578, 3.6: the token of a truncated answer stands for the part that came."""
    await server.fill(6)
    await site.store(settings(server))
    end = "<response><href>/anna/book/</href><status>HTTP/1.1 507 Full</status></response>"
    truncated: list[str] = []

    def once(_: str, answer: httpx.Response) -> Response | None:
        is_sync = "sync-collection" in server.front.requests[-1][2].decode()
        if not is_sync or truncated or "<sync-token>" not in answer.text:
            return None
        truncated.append(answer.text)
        return Response(answer.text.replace("</multistatus>", f"{end}</multistatus>"), 207)

    server.front.forge = once
    await site.read()
    assert (await site.latest()).state == "finished"
    first, second = server.requests("<D:sync-token>")
    assert ("<D:sync-token></" in first, "<D:sync-token></" in second) == (True, False)
    assert sorted(await site.names()) == names(6)


async def test_book_that_leads_elsewhere_is_not_followed(
    site: SourceSite, server: Radicale
) -> None:
    await server.fill(2)
    hrefs = ("<href>/anna/book/1.vcf</href>", f"<href>{site.elsewhere.url}/anna/book/1.vcf</href>")
    server.front.forge = lambda _, answer: Response(answer.text.replace(*hrefs), answer.status_code)
    await site.store(settings(server))
    await site.read()
    run = await site.latest()
    assert (run.state, run.code) == ("failed", "source-host-forbidden")
    assert site.elsewhere.paths == []


@pytest.mark.parametrize(
    "body", [b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', b"<multistatus", b"\xff\xfe", b""]
)
async def test_answer_that_is_no_xml_ends_the_run(
    site: SourceSite, server: Radicale, body: bytes
) -> None:
    server.front.forge = lambda *_: Response(body, 207)
    await site.store(settings(server))
    await site.read()
    run = await site.latest()
    assert (run.state, run.code) == ("failed", "source-not-carddav")


async def test_wrong_secret_of_a_book_is_named(site: SourceSite, server: Radicale) -> None:
    await site.store(settings(server, secret="another"))
    await site.read()
    run = await site.stored()
    assert (run.state, run.code, run.params) == ("failed", "source-refused", {"status": 401})


async def test_cards_are_reduced_in_a_thread(
    site: SourceSite, server: Radicale, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_main: list[bool] = []

    def noted(text: str, href: str) -> bytes:
        is_main.append(current_thread() is main_thread())
        return reduced_card(text, href)

    monkeypatch.setattr(carddav_reader, "reduced_card", noted)
    await server.fill(3)
    await site.store(settings(server))
    await site.read()
    assert (is_main, await site.names()) == ([False] * 3, names(3))
