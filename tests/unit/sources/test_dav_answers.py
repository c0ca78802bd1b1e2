"""Answers of address books are taken apart without holding up the process."""

from threading import current_thread, main_thread

import pytest

from softphone_matcher.outbound.client import Answer, Credentials, Outbound, Request
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.outbound.hosts import PermittedHosts
from softphone_matcher.sources import address_book
from softphone_matcher.sources.address_book import AddressBooks

BOOK = "https://dav.example.com/anna/book/"
CARD = "BEGIN:VCARD"


class ScriptedOutbound(Outbound):
    """Gives one answer, and notes which references are resolved."""

    def __init__(self, *responses: str) -> None:
        super().__init__(PermittedHosts("dav.example.com,crm.example.com"), 5, 10**6)
        self._responses = responses
        self.followed: list[str] = []
        self.is_main: set[bool] = set()

    async def send(self, address: str, credentials: Credentials, request: Request) -> Answer:  # type: ignore[override]
        body = "".join(f"<response>{response}</response>" for response in self._responses)
        text = f"<multistatus>{body}<sync-token>t</sync-token></multistatus>"
        return Answer(text.encode(), status=207, address=address)

    def follow(self, base: str, link: str) -> str:
        self.followed.append(link)
        self.is_main.add(current_thread() is main_thread())
        return super().follow(base, link)


def found(href: str, status: int = 200) -> str:
    """A card with its content, or the status of it alone."""
    line = f"<status>HTTP/1.1 {status} Text</status>"
    properties = f"<prop><getetag>1</getetag><address-data>{CARD}</address-data></prop>"
    content = f"<propstat>{properties}{line}</propstat>" if status == 200 else line
    return f"<href>{href}</href>{content}"


def books(outbound: Outbound) -> AddressBooks:
    return AddressBooks(outbound, Credentials())


async def test_paths_of_cards_are_not_resolved_one_by_one() -> None:
    outbound = ScriptedOutbound(found("/anna/book/1.vcf"), found(f"{BOOK}2.vcf"), found("3.vcf"))
    listed = await books(outbound).list_all(BOOK)
    assert [each.href for each in listed] == ["/anna/book/1.vcf", f"{BOOK}2.vcf", "3.vcf"]
    assert outbound.followed == ["3.vcf"]


@pytest.mark.parametrize("host", ["//crm.example.com", "https://crm.example.com"])
async def test_card_elsewhere_is_refused(host: str) -> None:
    outbound = ScriptedOutbound(found("/anna/book/1.vcf"), found(f"{host}/anna/book/2.vcf"))
    with pytest.raises(SourceError, match="source-leads-elsewhere"):
        await books(outbound).list_all(BOOK)


async def test_cards_of_an_answer_are_read_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    is_main: list[bool] = []
    path_of = address_book._path

    def noted(address: str, href: str) -> str:
        is_main.append(current_thread() is main_thread())
        return path_of(address, href)

    monkeypatch.setattr(address_book, "_path", noted)
    outbound = ScriptedOutbound(found("1.vcf"))
    changes = await books(outbound).changes(BOOK, "")
    cards = await books(outbound).cards(BOOK, ["1.vcf"])
    listed = await books(outbound).list_all(BOOK)
    assert (changes and changes.listed, len(listed), cards["1.vcf"].card) == (listed, 1, CARD)
    assert (set(is_main), outbound.is_main) == ({False}, {False})


async def test_card_with_an_error_is_listed_and_not_lost() -> None:
    statuses = [200, 403, 404, 410, 500, 507]
    outbound = ScriptedOutbound(*(found(f"/anna/book/{each}.vcf", each) for each in statuses))
    changes = await books(outbound).changes(BOOK, "t")
    assert changes
    listed = [f"/anna/book/{each}.vcf" for each in (200, 403, 500)]
    assert [each.href for each in changes.listed] == listed
    assert changes.gone == ["/anna/book/404.vcf", "/anna/book/410.vcf"]
    assert [each.href for each in await books(outbound).list_all(BOOK)] == listed
    for status in (403, 500):
        with pytest.raises(SourceError, match="source-answered"):
            await books(outbound).cards(BOOK, [f"/anna/book/{status}.vcf"])
