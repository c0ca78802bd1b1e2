"""Reduces the cards of an address book to the properties that fields are read from.

Pictures and birthdays are neither kept nor imported: nobody looks at them, and they are large.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from softphone_matcher.imports.cards.card import Card, read_cards, reduced_lines
from softphone_matcher.imports.cards.card_fields import PROPERTIES, is_group
from softphone_matcher.imports.rows.limits import FIELD_MAX, LIMITS

CARD_MAX = 131_072
"""Bytes of a card without its pictures; a larger one is a row that is rejected."""

FORM = sha256(" ".join(["2", *sorted(PROPERTIES)]).encode()).hexdigest()[:8]
"""Another one for a release that keeps other properties, or cards in another way (the number)."""

_UID = re.compile(rb"(?:[\w-]+\.)?UID(?:;[^:]*)?:\s*\S", re.I)


def reduced_card(text: str, href: str) -> bytes:
    """A card as it is kept and imported; empty for a group, which only lists others.

    A card without a UID gets its address as one, by which the next run finds its record again.
    Damaged cards stay as they are, so that they are rejected as rows of a file are.
    """
    data = text.encode(errors="replace")
    # an answer has a limit; with one for each card, the lines behind a picture would be missing
    limits = replace(LIMITS, card_bytes_max=len(data))
    cards = [*read_cards(data, "utf-8", limits)]
    if cards and all(isinstance(card, Card) and is_group(card) for card in cards):
        return b""
    lines = [*reduced_lines(data, len(data), PROPERTIES)]
    uids = [line for line in lines if _UID.match(line)]
    if not uids:
        uids = [b"UID:" + id_of(href)]
        lines[1:1] = uids
    card = b"\r\n".join(lines) + b"\r\n"
    return card if len(card) <= CARD_MAX else too_large_card(href, uids)


def too_large_card(href: str, uids: Iterable[bytes] = ()) -> bytes:
    """A card that is rejected for its size, in place of one that is not kept.

    The report of the import quotes the address of the card, by which a person can find it. The
    address is no UID here: if the UID is not known, the card may be that of any record.
    """
    source = b"SOURCE:" + id_of(href)
    rest = (b"VERSION:4.0", b"NOTE:" + b"." * CARD_MAX, b"END:VCARD", b"")
    return b"\r\n".join((b"BEGIN:VCARD", source, *uids, *rest))


def id_of(href: str) -> bytes:
    """The id of a card by its address, as a value of a property."""
    id_ = href if len(href) <= FIELD_MAX["host_id"] else sha256(href.encode()).hexdigest()
    return id_.replace("\\", "\\\\").encode(errors="replace")
