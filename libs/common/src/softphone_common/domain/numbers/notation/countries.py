"""Finds the country that people write in front of a national number or behind it."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

_NAMES = {
    "AT": "AUT, Austria, Österreich, Oesterreich, Autriche, Oostenrijk, Avusturya, Rakousko",
    "AU": "AUS, Australia, Australien, Australie",
    "BE": "BEL, Belgium, Belgien, Belgique, Belgio, Bélgica, België, Belgie",
    "BG": "BUL, Bulgaria, Bulgarien, Bulgarie, България",
    "BR": "BRA, Brazil, Brasilien, Brasil, Brésil, Brasile, Brazilië",
    "CA": "CAN, Canada, Kanada, Canadá",
    "CH": "SUI, CHE, Switzerland, Schweiz, Suisse, Svizzera, Suiza, Suíça, Zwitserland, Szwajcaria",
    "CN": "CHN, China, Chine, Cina, 中国",
    "CZ": "CZE, Czechia, Czech Republic, Tschechien, Tschechische Republik, Tchéquie, Česko,"
    " Czechy, Repubblica Ceca, Chequia",
    "DE": "DEU, GER, BRD, Germany, Deutschland, Allemagne, Germania, Alemania, Alemanha, Duitsland,"
    " Niemcy, Almanya, Tyskland, Německo",
    "DK": "DEN, Denmark, Dänemark, Daenemark, Danmark, Danemark, Danimarca, Dinamarca",
    "EE": "EST, Estonia, Estland, Eesti",
    "ES": "ESP, Spain, Spanien, España, Espagne, Spagna, Espanha, Spanje, Hiszpania",
    "FI": "FIN, Finland, Finnland, Suomi, Finlande",
    "FR": "FRA, France, Frankreich, Francia, França, Frankrijk, Francja, Fransa",
    "GB": "GBR, UK, U.K., United Kingdom, Great Britain, England, Scotland, Wales, Großbritannien,"
    " Grossbritannien, Vereinigtes Königreich, Schottland, Royaume-Uni, Angleterre, Regno Unito,"
    " Inghilterra, Reino Unido, Inglaterra, Engeland, Verenigd Koninkrijk",
    "GR": "GRC, Greece, Griechenland, Grèce, Grecia, Ελλάδα",
    "HR": "HRV, CRO, Croatia, Kroatien, Hrvatska, Croatie",
    "HU": "HUN, Hungary, Ungarn, Magyarország, Hongrie, Ungheria",
    "IE": "IRL, Ireland, Irland, Irlande, Irlanda",
    "IL": "ISR, Israel",
    "IN": "IND, India, Indien, Inde",
    "IT": "ITA, Italy, Italien, Italia, Italie, Itália, Italië, Włochy",
    "JP": "JPN, Japan, Japon, Giappone, Japón, 日本",
    "LI": "LIE, Liechtenstein",
    "LT": "LTU, Lithuania, Litauen, Lietuva",
    "LU": "LUX, Luxembourg, Luxemburg, Lussemburgo",
    "LV": "LVA, Latvia, Lettland, Latvija",
    "MX": "MEX, Mexico, Mexiko, México, Mexique",
    "NL": "NED, NLD, Netherlands, The Netherlands, Holland, Niederlande, Nederland, Pays-Bas, Paesi"
    " Bassi, Países Bajos, Holandia",
    "NO": "NOR, Norway, Norwegen, Norge, Norvège",
    "PL": "POL, Poland, Polen, Polska, Pologne, Polonia",
    "PT": "POR, PRT, Portugal",
    "RO": "ROU, Romania, Rumänien, Roumanie, România",
    "RS": "SRB, Serbia, Serbien, Srbija",
    "RU": "RUS, Russia, Russland, Russian Federation, Russie, Россия",
    "SE": "SWE, Sweden, Schweden, Sverige, Suède, Svezia, Suecia",
    "SI": "SVN, SLO, Slovenia, Slowenien, Slovenija",
    "SK": "SVK, Slovakia, Slowakei, Slovensko",
    "TR": "TUR, Turkey, Türkei, Türkiye, Turquie, Turchia",
    "UA": "UKR, Ukraine, Україна",
    "US": "USA, U.S.A., U.S., United States, United States of America, Vereinigte Staaten,"
    " États-Unis, Stati Uniti, Estados Unidos, Verenigde Staten, Amerika, America",
}
"""The short forms, which count in capitals only, and the names in their own and usual languages."""

_CERTAIN = frozenset({"AT", "CH", "DE", "US", "FR", "GB", "ES", "NL", "BE", "PL", "CZ", "DK"})
"""Codes that are no usual abbreviations; `IT`, `HR` and `NO` are also departments and words."""

_LETTERS = {"A": "AT", "D": "DE", "I": "IT"}
_SIGNS = r"[\s.,;:|/()\[\]{}<>=-]"
_AROUND = re.compile(rf"^{_SIGNS}+|{_SIGNS}+$")
_BEFORE = re.compile(r"(?P<before>[^0-9+]+?)(?P<number>\(?[0-9].*)", re.S)
_BEHIND = re.compile(rf"(?P<number>.*[0-9]\)?){_SIGNS}*(?P<behind>[^0-9+*#@]*)", re.S)
_IS_ABROAD = re.compile(r"[\s(]*(?:\+|00)")
_VAT = re.compile(r"[0-9]{8,}|[0-9]{3} [0-9]{4} [0-9]{2}|[0-9]{3,4}\.[0-9]{3}\.[0-9]{3}")
_ZERO_IN_IDS = frozenset({"BE", "IT"})
_FLAG_A = 0x1F1E6
_DIGITS_MIN = 7


@dataclass(frozen=True, slots=True)
class InCountry:
    """A number, the region a text names for it, and whether the name can be no other word.

    `text` is empty where the digits are an id for the value added tax.
    """

    text: str
    region: str
    is_certain: bool


@dataclass(frozen=True, slots=True)
class _Country:
    region: str
    is_code: bool
    is_certain: bool


def find_country(text: str, is_region: Callable[[str], bool]) -> InCountry | None:
    """The national number in a text and the country in front of it or behind it.

    `is_region` knows the codes of ISO 3166.
    """
    bare = text.strip(" \t\n'\"")
    if sum(map(str.isdecimal, bare)) < _DIGITS_MIN or _IS_ABROAD.match(bare):
        return None
    before = _BEFORE.fullmatch(bare)
    country = _last_country(before["before"], is_region) if before else None
    if before and country and not _IS_ABROAD.match(before["number"]):
        return _in_country(before["number"], country)
    behind = _BEHIND.fullmatch(bare)
    country = _country(behind["behind"], is_region) if behind else None
    return _in_country(behind["number"], country) if behind and country else None


def _in_country(number: str, country: _Country) -> InCountry:
    has_zero = number.startswith("0") and country.region not in _ZERO_IN_IDS
    is_id = country.is_code and not has_zero and _VAT.fullmatch(number) is not None
    return InCountry("" if is_id else number, country.region, country.is_certain)


def _last_country(text: str, is_region: Callable[[str], bool]) -> _Country | None:
    """The country that ends a text, which may have other words before."""
    words = _AROUND.sub("", text).split()
    countries = (_country(" ".join(words[-count:]), is_region) for count in (4, 3, 2, 1))
    return next(filter(None, countries), None)


def _country(text: str, is_region: Callable[[str], bool]) -> _Country | None:
    """The country if the text is its name, its code or its flag, with signs around."""
    bare = _AROUND.sub("", text)
    code = _LETTERS.get(bare) or _flag(bare) or bare
    if len(code) == 2 and is_region(code):
        return _Country(code, len(bare) == 2, code in _CERTAIN and len(bare) > 1)
    name = _folded(bare)
    # short forms are words in many languages, as "can" and "est"
    if name not in _REGIONS or (len(name) < 4 and not bare.isupper() and bare.isascii()):
        return None
    return _Country(_REGIONS[name], len(name) < 4, True)


def _flag(text: str) -> str:
    """The ISO code in a flag, which Unicode writes as two letters of its own."""
    if len(text) != 2 or not all(_FLAG_A <= ord(sign) < _FLAG_A + 26 for sign in text):
        return ""
    return "".join(chr(ord(sign) - _FLAG_A + ord("A")) for sign in text)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold()).replace(".", "")
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


_REGIONS = {
    _folded(name.strip()): code for code, names in _NAMES.items() for name in names.split(",")
}
