"""Formats a number as a softphone is to dial it, and puts it into a dial link."""

import re
from typing import Literal
from urllib.parse import quote

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber

from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.domain.numbers.notation.own_number import split_own_number_code
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.numbers.text import parse_address, to_plain_text

DialFormat = Literal["e164", "international", "national", "outside"]
"""`+4989...`, `004989...`, `089...`, or `089...` behind the prefix for an outside line."""

_EXT = "{ext}"
_NOT_DIALLED = re.compile(r"[^0-9+]")


def format_number(remote: RemoteNumber, dial_format: DialFormat, profile: NumberProfile) -> str:
    """The digits to dial where this profile holds, with a plus in front of E.164.

    Numbers without E.164 (extensions, service numbers, star codes) have one format only. `national`
    and `outside` give numbers of other countries in the international format. Where a region has no
    single prefix for calls abroad, as in Brazil, E.164 replaces `international`.
    """
    if remote.e164 is None:
        return remote.display
    if dial_format == "e164":
        return remote.e164
    number = phonenumbers.parse(remote.e164)
    if dial_format == "international":
        return _international_prefix(profile.region) + remote.e164[1:]
    national = _national(number, profile.region)
    if dial_format == "national" or national.startswith("+"):
        return national
    return profile.outside_prefix + national


def own_number_code(text: str) -> str:
    """The code in front of a typed number that hides or shows the caller's own, such as `*31#`."""
    return split_own_number_code(parse_address(to_plain_text(text)).user)[0]


def has_place_for_ext(link: str) -> bool:
    """Whether a filled link carries the extension, so that nobody has to dial it by hand."""
    return _EXT in link or link.lower().startswith("tel:")


def fill_link(link: str, number: str, ext: str = "") -> str:
    """The link with the number for each `{number}`, percent-encoded as its place demands.

    In the query of an http link a plus would be read as a blank. Elsewhere plus and star stay as
    they are, since some softphones dial a link without decoding it. `ext`, the digits to dial after
    the answer, stands for each `{ext}`, or goes behind the number of a tel link: other schemes have
    no notation for it, and a softphone would take it for the end of the number.
    """
    if _EXT in link:
        link = link.replace(_EXT, quote(ext))
    elif ext and has_place_for_ext(link):
        # RFC 3966, 3: an extension is a parameter. It has no pauses, which all dialling programs of
        # mobile phones write as commas.
        suffix = f";ext={ext}" if ext.isdecimal() else f",{ext}"
        link = link.replace("{number}", f"{{number}}{suffix}")
    is_http = link.lower().startswith(("http:", "https:"))
    text, *rest = link.split("{number}")
    for part in rest:
        safe = "" if is_http and "?" in text else "+*"
        text += quote(number, safe=safe) + part
    return text


def _national(number: PhoneNumber, region: str) -> str:
    # this function of the library knows which regions dial a trunk prefix, and abroad from where
    return _dialled(phonenumbers.format_out_of_country_calling_number(number, region))


def _international_prefix(region: str) -> str:
    """The digits before a country code in the region; a plus if they depend on the carrier."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    prefix = metadata and (metadata.preferred_international_prefix or metadata.international_prefix)
    # the library marks a pause for the dial tone by a tilde; other signs make the prefix a pattern
    plain = (prefix or "").replace("~", "")
    return plain if plain.isdecimal() else "+"


def _dialled(text: str) -> str:
    return _NOT_DIALLED.sub("", text)
