"""The behaviour of a store of copies of address books, on MongoDB and in memory."""

from collections.abc import Iterable

from softphone_matcher.sources.card_store import Book, Cards, Copy, Fetched, Listed

COPY = Copy("acme", "s", "of-now")
OTHERS = (Copy("acme", "s", "of-before"), Copy("acme", "t", "of-now"))
OF_ANOTHER_TENANT = Copy("other", "s", "of-now")


def listed(*hrefs: str, etag: str = "1") -> list[Listed]:
    return [Listed(href, etag) for href in hrefs]


async def wanted(cards: Cards, copy: Copy = COPY) -> list[str]:
    """The addresses of the cards that have to be fetched."""
    return sorted(each.href for each in await cards.wanted(copy, 100))


async def kept(cards: Cards, copy: Copy = COPY) -> list[bytes]:
    """The contents of all cards."""
    return sorted(each.card for each in await cards.page(copy, "", 100))


async def fetch(cards: Cards, gone: Iterable[str] = (), copy: Copy = COPY) -> None:
    """Fetches all cards that are wanted, whose content is their address and their tag."""
    fetched = [
        Fetched(each, None if each.href in gone else f"{each.href}{each.etag}".encode(), each.etag)
        for each in await cards.wanted(copy, 100)
    ]
    await cards.put(copy, fetched)


class CardsContract:
    """Needs a fixture `cards` with an empty store."""

    async def test_book_is_noted_for_its_copy_alone(self, cards: Cards) -> None:
        assert await cards.book(COPY) is None
        await cards.note(COPY, Book("https://a.example/"))
        await cards.note(COPY, Book("https://a.example/", "t1"))
        assert await cards.book(COPY) == Book("https://a.example/", "t1")
        for other in (*OTHERS, OF_ANOTHER_TENANT):
            assert await cards.book(other) is None

    async def test_card_is_wanted_until_its_content_is_there(self, cards: Cards) -> None:
        await cards.want(COPY, listed("a", "b"))
        await cards.want(COPY, listed("a"))
        assert await wanted(cards) == ["a", "b"]
        await fetch(cards)
        assert await wanted(cards) == []
        assert await kept(cards) == [b"a1", b"b1"]
        await cards.want(COPY, listed("a", "b"))
        assert await wanted(cards) == []
        await cards.want(COPY, [*listed("a", etag="2"), *listed("b"), Listed("c")])
        assert await wanted(cards) == ["a", "c"]
        assert b"a1" in await kept(cards)

    async def test_card_without_a_tag_is_fetched_each_time(self, cards: Cards) -> None:
        for _ in range(2):
            await cards.want(COPY, listed("a", etag=""))
            assert await wanted(cards) == ["a"]
            await fetch(cards)

    async def test_card_that_is_wanted_again_is_not_taken_for_fetched(self, cards: Cards) -> None:
        await cards.want(COPY, listed("a"))
        late = await cards.wanted(COPY, 1)
        await cards.want(COPY, listed("a", etag="2"))
        await cards.put(COPY, [Fetched(late[0], b"old", "1")])
        assert await wanted(cards) == ["a"]
        await fetch(cards)
        await cards.put(COPY, [Fetched(late[0], None)])
        assert await kept(cards) == [b"a2"]

    async def test_doubted_card_is_gone_only_if_it_is_not_found(self, cards: Cards) -> None:
        await cards.want(COPY, listed("a", "b", "c"))
        await fetch(cards)
        await cards.doubt(COPY, ["a", "b", "unknown"])
        assert await wanted(cards) == ["a", "b"]
        assert len(await kept(cards)) == 3
        await fetch(cards, gone=["a"])
        assert await kept(cards) == [b"b1", b"c1"]

    async def test_cards_that_a_listing_did_not_see_are_doubted(self, cards: Cards) -> None:
        await cards.want(COPY, listed("a", "b", "c"), "l1")
        await fetch(cards)
        await cards.want(COPY, listed("a"), "l2")
        await cards.want(COPY, listed("c"), "l2")
        assert await wanted(cards) == []
        await cards.doubt_unseen(COPY, "l2")
        assert await wanted(cards) == ["b"]

    async def test_copies_are_apart(self, cards: Cards) -> None:
        await cards.want(COPY, listed("a"))
        await fetch(cards)
        for other in (*OTHERS, OF_ANOTHER_TENANT):
            await cards.want(other, listed("a", "b"), "l")
            await cards.doubt(other, ["a"])
            await cards.doubt_unseen(other, "l")
            await fetch(cards, gone=["a"], copy=other)
            assert await kept(cards, other) == [b"b1"]
        assert (await wanted(cards), await kept(cards)) == ([], [b"a1"])

    async def test_copy_of_another_tenant_is_never_read(self, cards: Cards) -> None:
        theirs = Copy("other", COPY.source, COPY.connection)
        await cards.note(COPY, Book("https://a.example/", "t"))
        await cards.want(COPY, listed("a", "b"))
        mine = await cards.wanted(COPY, 2)
        await cards.put(COPY, [Fetched(mine[0], b"x", "1")])
        assert await cards.book(theirs) is None
        assert (await wanted(cards, theirs), await kept(cards, theirs)) == ([], [])
        await cards.doubt(theirs, ["a", "b"])
        await cards.put(theirs, [Fetched(mine[1], None)])
        await cards.forget("other", COPY.source)
        assert len(await cards.wanted(COPY, 2)) == 1
        assert len(await kept(cards)) == 2

    async def test_pages_have_all_cards_in_order(self, cards: Cards) -> None:
        await cards.want(COPY, listed(*"abcdefg"))
        await fetch(cards)
        after, found = "", list[str]()
        while page := await cards.page(COPY, after, 3):
            after = page[-1].id
            found += (each.id for each in page)
        assert found == sorted({*found})
        assert len(found) == 7

    async def test_many_cards_are_wanted_at_once(self, cards: Cards) -> None:
        many = listed(*(f"/book/{n}.vcf" for n in range(450)))
        await cards.want(COPY, many, "l1")
        assert len(await cards.wanted(COPY, 3000)) == 450
        await cards.doubt(COPY, [each.href for each in many])
        assert len(await cards.wanted(COPY, 3000)) == 450

    async def test_former_copies_of_a_source_are_forgotten(self, cards: Cards) -> None:
        for copy in (COPY, *OTHERS, OF_ANOTHER_TENANT):
            await cards.note(copy, Book("https://a.example/"))
            await cards.want(copy, listed("a"))
        await cards.forget("acme", "s", COPY)
        gone, other = OTHERS
        assert (await cards.book(gone), await wanted(cards, gone)) == (None, [])
        await cards.forget("acme", "s")
        assert (await cards.book(COPY), await wanted(cards)) == (None, [])
        for copy in (other, OF_ANOTHER_TENANT):
            assert await cards.book(copy)
            assert await wanted(cards, copy) == ["a"]
