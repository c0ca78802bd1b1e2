"""Spells a number the way a softphone is to dial it and puts it into a link; dials nothing."""

import re
from typing import Literal
from urllib.parse import quote

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber

from softphone_common.domain.numbers.normalise import NumberProfile, RemoteNumber

Spelling = Literal["e164", "international", "national", "outside"]
"""`+4989...`, `004989...`, `089...`, or as dialled from a desk: with the outside-line prefix."""

_NOT_DIALLED = re.compile(r"[^0-9+]")


def spell(remote: RemoteNumber, spelling: Spelling, profile: NumberProfile) -> str:
    """The number as dialled where this profile holds: digits, with a plus before E.164.

    What has no E.164 (extensions, service numbers, star codes) has one spelling everywhere.
    `national` and `outside` spell numbers of other countries internationally. Where a region has
    no single prefix for calls abroad, as in Brazil, E.164 stands for `international`.
    """
    if remote.e164 is None:
        return remote.display
    if spelling == "e164":
        return remote.e164
    number = phonenumbers.parse(remote.e164)
    if spelling == "international":
        return _abroad_prefix(profile.region) + remote.e164[1:]
    national = _national(number, profile.region)
    if spelling == "national" or national.startswith("+"):
        return national
    return profile.outside_prefix + national


def filled(link: str, number: str) -> str:
    """The link with the number in place of every `{number}`, escaped as its place needs it.

    In the query of a web address a plus would be read as a blank; elsewhere it and the star of a
    code stand as they are, since some softphones dial a link without unescaping it.
    """
    web = link.lower().startswith(("http:", "https:"))
    text, *rest = link.split("{number}")
    for part in rest:
        safe = "" if web and "?" in text else "+*"
        text += quote(number, safe=safe) + part
    return text


def _national(number: PhoneNumber, region: str) -> str:
    """As dialled in the region; the parsing library knows where a trunk prefix is dialled."""
    return _digits(phonenumbers.format_out_of_country_calling_number(number, region))


def _abroad_prefix(region: str) -> str:
    """What is dialled before a country code in the region, a plus where that is not one thing."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    prefix = metadata and (metadata.preferred_international_prefix or metadata.international_prefix)
    # a tilde is where one waits for a tone; what else is no digit makes it a pattern of several
    plain = (prefix or "").replace("~", "")
    return plain if plain.isdecimal() else "+"


def _digits(text: str) -> str:
    return _NOT_DIALLED.sub("", text)
