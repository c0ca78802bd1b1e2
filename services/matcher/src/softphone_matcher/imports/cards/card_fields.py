"""Takes the fields of a record out of the properties of a card."""

import re

from softphone_matcher.imports.cards.card import Card, Property, bare_id
from softphone_matcher.imports.rows.fields import NOTHING, NumberText, RawFields, Text
from softphone_matcher.imports.rows.imported_row import Rejection

PROPERTIES = frozenset(
    {
        "FN", "N", "ORG", "TEL", "EMAIL", "ADR", "NOTE", "URL", "CATEGORIES", "UID", "KIND",
        "X-ABLABEL", "X-ABSHOWAS", "X-ADDRESSBOOKSERVER-KIND",
    }
)  # fmt: skip
"""The properties that are read. X-ABLabel and X-ABShowAs are those of Apple, whose cards of
version 3 have X-ADDRESSBOOKSERVER-KIND for the KIND of version 4."""

_KINDS = ("KIND", "X-ADDRESSBOOKSERVER-KIND")

_APPLE_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_LABELS = {"cell": "mobile", "car": "car", "pager": "pager", "fax": "fax", "main": "main"}
_PLACES = ("work", "home", "other")


def is_group(card: Card) -> bool:
    """Whether a card only lists others."""
    return any(p.name in _KINDS and p.text().casefold() == "group" for p in card.properties)


def read_card(card: Card) -> RawFields | Rejection:
    """The texts of a card. A card of a group, which only lists others, is rejected."""
    properties: dict[str, list[Property]] = {}
    for property_ in card.properties:
        properties.setdefault(property_.name, []).append(property_)

    def texts(name: str) -> list[Text]:
        return [Text(p.text(), name) for p in properties.get(name, []) if p.text()]

    def first(name: str) -> Text:
        return next(iter(texts(name)), NOTHING)

    kind = first("KIND").text.casefold()
    if is_group(card):
        return Rejection(card.row, "card-is-group", column="KIND", text=first("FN").text)
    labels = {p.group: p.text() for p in properties.get("X-ABLABEL", []) if p.group}
    is_organization = kind == "org" or first("X-ABSHOWAS").text.casefold() == "company"
    urls = texts("URL")
    return RawFields(
        row=card.row,
        names=[_name(properties)],
        organization=Text(_joined(properties.get("ORG", [])[:1]), "ORG"),
        numbers=[_number(p, labels) for p in properties.get("TEL", []) if p.text()],
        emails=texts("EMAIL"),
        address=[Text(_address(p), "ADR") for p in properties.get("ADR", [])],
        notes=[*texts("NOTE"), *urls[1:]],
        url=urls[0] if urls else NOTHING,
        tags=[
            Text(tag, "CATEGORIES") for p in properties.get("CATEGORIES", []) for tag in p.listed()
        ],
        type=Text("organization" if is_organization else "", "KIND"),
        host_id=Text(bare_id(first("UID").text), "UID"),
    )


def _name(properties: dict[str, list[Property]]) -> Text:
    """The formatted name, or the one that its parts make."""
    for property_ in properties.get("FN", []):
        if property_.text():
            return Text(property_.text(), "FN")
    for property_ in properties.get("N", []):
        family, given, more, prefix, suffix = [*property_.components(), *[""] * 5][:5]
        return Text(" ".join(filter(None, (prefix, given, more, family, suffix))), "N")
    return NOTHING


def _joined(properties: list[Property]) -> str:
    return ", ".join(filter(None, (part for p in properties for part in p.components())))


def _address(property_: Property) -> str:
    """Box, supplement, street, city, region, code and country, as an address is written."""
    box, more, street, city, region, code, country = [*property_.components(), *[""] * 7][:7]
    parts = (street, more, box, " ".join(filter(None, (code, city))), region, country)
    return ", ".join(filter(None, parts))


def _number(property_: Property, labels: dict[str, str]) -> NumberText:
    """A number in its spelling; one that is a URI (RFC 3966) without its scheme."""
    text = property_.text()
    number = text[4:] if text[:4].casefold() == "tel:" else text
    label = labels.get(property_.group, "")
    apple = _APPLE_LABEL.fullmatch(label)
    if apple:
        label = apple[1].casefold()
    return NumberText(number, label or _label(property_.types), "TEL")


def _label(types: frozenset[str]) -> str:
    """`work fax`, `mobile`, `home`: the use that the types give; empty for a voice number alone."""
    uses = [label for type_, label in _LABELS.items() if type_ in types]
    places = [place for place in _PLACES if place in types]
    return " ".join([*places[:1], *uses[:1]])
