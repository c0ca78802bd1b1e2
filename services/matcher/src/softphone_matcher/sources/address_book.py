"""Asks a server for an address book (CardDAV, RFC 6352): its address, its changes, its cards."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote, urlsplit

from softphone_matcher.imports.multistatus import DavResource, Multistatus, read_multistatus
from softphone_matcher.outbound.client import Answer, Credentials, Outbound, Request
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.sources.card_store import Listed

_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"'
_PROPERTIES = (
    "<D:resourcetype/><D:supported-report-set/><D:current-user-principal/><C:addressbook-home-set/>"
)
_ETAG = "<D:getetag/><D:resourcetype/>"
_MULTISTATUS = 207
_GONE = frozenset({404, 410})
_TRUNCATED = 507
_NO_REPORT = frozenset({400, 405, 415, 501})
"""The statuses with which servers refuse a report that they do not know."""
_TOKEN_REFUSED = frozenset({400, 403, 409, 410, 412})
"""RFC 6578 has 403 and 409 for a token that is too old; others are seen as well."""
_NAMED_MAX = 10
_TOKEN_MAX = 2000


@dataclass(frozen=True, slots=True)
class FoundBook:
    """The address of an address book, and whether the server lists its changes (RFC 6578)."""

    address: str
    has_changes: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """Cards that changed and that are gone since a token, and the next token.

    `is_truncated`: the server has more, behind this token.
    """

    listed: list[Listed]
    gone: list[str]
    token: str
    is_truncated: bool


class AddressBooks:
    """The address books of a source. Every method raises SourceError."""

    def __init__(self, outbound: Outbound, credentials: Credentials) -> None:
        self._outbound = outbound
        self._credentials = credentials

    async def find(self, address: str) -> FoundBook:
        """The address book at this address, or the only one of the user whose secret is sent."""
        parts = urlsplit(address)
        addresses = [address]
        if parts.path in {"", "/"}:  # RFC 6764, 5
            addresses.append(f"{parts.scheme}://{parts.netloc}/.well-known/carddav")
        homes: list[str] = []
        is_dav = False
        for each in addresses:
            answer = await self._ask("PROPFIND", each, _propfind(_PROPERTIES), "0", _NO_DAV)
            resources = await self._resources(answer)
            if not resources:
                continue
            is_dav = True
            if "addressbook" in resources[0].types:
                return _found(answer.address, resources[0])
            homes = await self._homes(answer.address, resources[0])
            if homes:
                break
        if not is_dav:
            raise SourceError("source-not-carddav")
        # without a home the books may be right below the address
        return await self._only_book(homes or [answer.address])

    async def _resources(self, answer: Answer) -> tuple[DavResource, ...]:
        if answer.status != _MULTISTATUS:
            return ()
        return (await _read(answer)).resources

    async def _homes(self, base: str, resource: DavResource) -> list[str]:
        """Where the address books of the user are."""
        links = resource.links.get("addressbook-home-set", ())
        principals = resource.links.get("current-user-principal", ())
        if not links and principals:
            principal = self._outbound.follow(base, principals[0])
            answer = await self._ask("PROPFIND", principal, _propfind(_PROPERTIES), "0", _NO_DAV)
            for each in await self._resources(answer):
                base, links = answer.address, each.links.get("addressbook-home-set", ())
        return [self._outbound.follow(base, link) for link in links]

    async def _only_book(self, homes: Iterable[str]) -> FoundBook:
        books: dict[str, FoundBook] = {}
        for home in homes:
            answer = await self._ask("PROPFIND", home, _propfind(_PROPERTIES), "1", _NO_DAV)
            for resource in await self._resources(answer):
                if "addressbook" in resource.types:
                    address = self._outbound.follow(answer.address, resource.href)
                    books[address] = _found(address, resource)
        if not books:
            raise SourceError("source-address-book-missing")
        if len(books) > 1:
            raise SourceError("source-address-books", addresses=", ".join([*books][:_NAMED_MAX]))
        return next(iter(books.values()))

    async def changes(self, address: str, token: str) -> Changes | None:
        """All cards without a token, else what changed since; None if the server refuses that."""
        # A limit is not sent: some releases of sabre/dav answer with a part and the newest token.
        body = (
            f"<D:sync-collection {_NAMESPACES}><D:sync-token>{escape(token)}</D:sync-token>"
            f"<D:sync-level>1</D:sync-level><D:prop>{_ETAG}</D:prop></D:sync-collection>"
        )
        refusals = _TOKEN_REFUSED if token else _NO_REPORT
        answer = await self._ask("REPORT", address, body, "0", refusals)
        if answer.status in refusals:
            return None
        multistatus = await _read(answer)
        if not 0 < len(multistatus.token) <= _TOKEN_MAX:
            raise SourceError("source-not-carddav")
        resources = multistatus.resources
        members = await asyncio.to_thread(self._members, answer.address, resources)
        return Changes(
            _listed(members),
            [each.href for each in members if each.status in _GONE],
            multistatus.token,
            any(each.status == _TRUNCATED for each in resources),
        )

    async def list_all(self, address: str) -> list[Listed]:
        """All cards, of a server that does not list changes."""
        answer = await self._ask("PROPFIND", address, _propfind(_ETAG), "1")
        resources = (await _read(answer)).resources
        members = await asyncio.to_thread(self._members, answer.address, resources)
        return _listed(members)

    async def cards(self, address: str, hrefs: Sequence[str]) -> dict[str, DavResource]:
        """The cards at these addresses, by these addresses.

        Each has either the status 200 and its content, or that of a card that is gone.
        """
        links = "".join(f"<D:href>{escape(href)}</D:href>" for href in hrefs)
        body = (
            f"<C:addressbook-multiget {_NAMESPACES}>"
            # whole cards: hardly any program asks for a part of them, so that servers err there
            f"<D:prop><D:getetag/><C:address-data/></D:prop>{links}</C:addressbook-multiget>"
        )
        answer = await self._ask("REPORT", address, body, "0")
        resources = (await _read(answer)).resources
        return await asyncio.to_thread(_cards, answer.address, hrefs, resources)

    def _members(self, address: str, resources: Iterable[DavResource]) -> list[DavResource]:
        """The cards among the resources of an answer, without the address book and folders.

        Runs in a thread, since an answer may have tens of thousands of them.
        """
        origin, book = f"{self._outbound.check(address)}/", _path(address, "").rstrip("/")
        members: list[DavResource] = []
        for resource in resources:
            # a path stays at its server; to resolve each as a whole address would take seconds
            is_path = resource.href[:1] == "/" and resource.href[:2] != "//"
            if not is_path and not resource.href.startswith(origin):
                self._outbound.follow(address, resource.href)
            path = _path(address, resource.href)
            is_inside = path.rstrip("/") != book and not path.endswith("/")
            if is_inside and "collection" not in resource.types:
                members.append(resource)
        return members

    async def _ask(
        self, method: str, address: str, body: str, depth: str, more: frozenset[int] = frozenset()
    ) -> Answer:
        headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": depth}
        content = f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode(errors="replace")
        accepted = more | {_MULTISTATUS}
        request = Request(method, content, headers, accepted)
        return await self._outbound.send(address, self._credentials, request)


_NO_DAV = frozenset({200, 400, 404, 405, 501})
"""The statuses with which servers and pages answer that know no PROPFIND."""


def _propfind(properties: str) -> str:
    return f"<D:propfind {_NAMESPACES}><D:prop>{properties}</D:prop></D:propfind>"


def _found(address: str, resource: DavResource) -> FoundBook:
    return FoundBook(address, "sync-collection" in resource.reports)


def _listed(members: Iterable[DavResource]) -> list[Listed]:
    """All members that are not gone.

    One with an error is asked for as well, which gives its card or ends the run: left out, its
    change would be lost behind the next token.
    """
    no_members = _GONE | {_TRUNCATED}
    return [Listed(each.href, each.etag) for each in members if each.status not in no_members]


def _cards(
    address: str, hrefs: Iterable[str], resources: Iterable[DavResource]
) -> dict[str, DavResource]:
    """The resource of each reference. Runs in a thread, as `_members` does."""
    by_path = {_path(address, each.href): each for each in resources}
    cards: dict[str, DavResource] = {}
    for href in hrefs:
        resource = by_path.get(_path(address, href))
        status = resource.status if resource else 0
        if resource is None or (status == 200 and resource.card is None):
            raise SourceError("source-cards-missing")
        if status != 200 and status not in _GONE:
            raise SourceError("source-answered", is_temporary=status >= 500, status=status)
        cards[href] = resource
    return cards


def _path(address: str, href: str) -> str:
    """The path that a reference leads to, however its characters are escaped."""
    path = urlsplit(href).path
    return unquote(
        path if path.startswith("/") else urlsplit(address).path.rstrip("/") + f"/{path}"
    )


async def _read(answer: Answer) -> Multistatus:
    try:
        return await asyncio.to_thread(read_multistatus, answer.body)
    except ValueError:
        raise SourceError("source-not-carddav") from None
