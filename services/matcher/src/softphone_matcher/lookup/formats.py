"""The answers to a lookup, as PBXs and the makes of desk phones read them.

Sources: Snom, XML Minibrowser, `SnomIPPhoneDirectory`; Yealink, Remote Phone Book Template;
Grandstream, GXP Series XML Phonebook Guide.
"""

import html
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, Field

from softphone_common.domain.matching import Match

Format = Literal["text", "json", "snom", "yealink", "grandstream"]

_ENTRY = "<DirectoryEntry><Name>{name}</Name><Telephone>{number}</Telephone></DirectoryEntry>"
_CONTACT = (
    "<Contact><FirstName></FirstName><LastName>{name}</LastName>"
    '<Phone type="Work"><phonenumber>{number}</phonenumber><accountindex>0</accountindex></Phone>'
    "</Contact>"
)
_DOCUMENTS = {
    "snom": (
        "<SnomIPPhoneDirectory><Title>{number}</Title><Prompt>Dial</Prompt>{entry}"
        "</SnomIPPhoneDirectory>",
        _ENTRY,
    ),
    "yealink": ("<YealinkIPPhoneDirectory>{entry}</YealinkIPPhoneDirectory>", _ENTRY),
    "grandstream": ("<AddressBook><version>1</version>{entry}</AddressBook>", _CONTACT),
}
"""The document of each make, and the entry of a caller in it."""


class CallerName(BaseModel):
    """Who has a number: the name of the first record, unless it is in doubt, and all records."""

    name: str | None = Field(description="null if nobody is known by the number")
    number: str | None = Field(
        description="The number in E.164; null if it is withheld, internal, a number of the company"
        " itself, ignored by it, or cannot be read"
    )
    matches: tuple[Match, ...] = Field(description="Without e-mail addresses, notes and tags")


def answer(form: Format, number: str, key: str | None, matches: Sequence[Match]) -> Response:
    """The answer in this format to a lookup of the number; without matches it names nobody.

    `number` is as the phone has sent it, so that the phone finds its call in the answer; `key` is
    its E.164.
    """
    # a name on a display has no sign of doubt
    name = next((one_line(match.name) for match in matches if match.level != "maybe"), "")
    if form == "text":
        return PlainTextResponse(name)
    if form == "json":
        caller = CallerName(name=name or None, number=key, matches=tuple(map(_named, matches)))
        return JSONResponse(caller.model_dump(mode="json"))
    document, entry = _DOCUMENTS[form]
    values = {"name": html.escape(name), "number": html.escape(one_line(number))}
    text = document.format(entry=entry.format(**values) if name else "", **values)
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', media_type="text/xml")


def _named(match: Match) -> Match:
    """The match without what its record says besides: logs have the addresses with the key."""
    shown = replace(match, email="", note="", tags=())
    return replace(shown, owner="", team="", picks=0, picked_by=())


def one_line(text: str) -> str:
    """The text in one line, without controls: a display has no line for more, and XML 1.0
    (section 2.2) cannot have most of them."""
    seen = (c for c in text if c.isspace() or not unicodedata.category(c).startswith("C"))
    return " ".join("".join(seen).split())
