"""Names the countries of the numbering plans, in the languages of the page."""

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers.geodata.locale import LOCALE_DATA

_GERMAN, _ENGLISH = "de", "en"
_TODAY = {
    # names that the library lacks, or that are no longer those of the country
    "AC": ("Ascension", "Ascension Island"),
    "AX": ("Åland-Inseln", "Åland Islands"),
    "CD": ("Kongo (Demokratische Republik)", "Congo (Democratic Republic)"),
    "CG": ("Kongo (Republik)", "Congo (Republic)"),
    "CZ": ("Tschechien", "Czechia"),
    "MK": ("Nordmazedonien", "North Macedonia"),
    "SZ": ("Eswatini", "Eswatini"),
    "TA": ("Tristan da Cunha", "Tristan da Cunha"),
    "XK": ("Kosovo", "Kosovo"),
}
_SMALL_WORD = re.compile(r"\b(?:And|Of|The)\b")
"""Words that the library writes with a capital inside English names."""


@dataclass(frozen=True, slots=True)
class Region:
    """A country by its ISO 3166 code, with its country code without plus, such as `49`."""

    region: str
    country_code: int
    name_de: str
    name_en: str


@cache
def regions() -> tuple[Region, ...]:
    """Every country that a number profile may have, by ISO 3166 code."""
    return tuple(_region(code) for code in sorted(phonenumbers.SUPPORTED_REGIONS))


def _region(code: str) -> Region:
    country_code = phonenumbers.country_code_for_region(code)
    if code in _TODAY:
        return Region(code, country_code, *_TODAY[code])
    english = _SMALL_WORD.sub(lambda word: word[0].lower(), _name(code, _ENGLISH))
    return Region(code, country_code, _name(code, _GERMAN), english)


def _name(code: str, language: str) -> str:
    names = LOCALE_DATA[code]
    # `*aa` refers to the name in the language `aa`, which is the same
    name: str = names[language]
    return names[name[1:]] if name.startswith("*") else name
