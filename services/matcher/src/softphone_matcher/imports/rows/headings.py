"""Recognises the headings of people, CRMs, Outlook, Google, exchanges and LDAP directories."""

import re
import unicodedata
from typing import Literal, NamedTuple

Field = Literal[
    "name", "first_name", "middle_name", "last_name", "organization", "number", "number_label",
    "email", "address", "note", "url", "tags", "owner", "team", "inactive", "type", "host_id",
]  # fmt: skip


class Heading(NamedTuple):
    """The field that a heading stands for.

    `detail` is the label of a number, or the part of an address, of which `place` says whose.
    """

    field: Field
    detail: str = ""
    place: str = ""


_FIELDS: dict[Field, str] = {
    "name": "name, anzeigename, display name, full name, vollständiger name, kontakt, kontaktname,"
    " contact, contact name, ansprechpartner, ansprechpartnerin, name vollständig, cn",
    "first_name": "vorname, rufname, first name, given name, forename",
    "middle_name": "weitere vornamen, middle name, additional name",
    "last_name": "nachname, familienname, zuname, last name, family name, surname, sn",
    "organization": "firma, firmenname, unternehmen, organisation, company, company name,"
    " organization, organization name, organisation name, account name, business name,"
    " kundenname, o",
    "email": "e mail, mail, e mail adresse, mailadresse, e mail address, e mail value,"
    " primary email, secondary email, e mail privat, e mail geschäftlich, business email,"
    " work email, home email",
    "note": "notiz, notizen, bemerkung, bemerkungen, anmerkung, anmerkungen, kommentar, note,"
    " notes, comment, comments, description, beschreibung, hinweis, info",
    "url": "url, link, record url, datensatz link, labeled uri, www home page",
    "tags": "kategorie, kategorien, category, categories, tags, labels, schlagwort,"
    " schlagworte, stichworte, group membership",
    "owner": "owner, assigned to, zugewiesen an, betreuer, betreuerin, zuständig, verantwortlich,"
    " besitzer, kundenbetreuer, account manager",
    "team": "team, zuständiges team",
    "inactive": "inaktiv, inactive, deaktiviert, disabled",
    "type": "type, typ, art, record type, datensatztyp, kontaktart",
    "host_id": "id, uid, uuid, host id, record id, datensatz id, contact id, contact no,"
    " kontakt id, external id, externe id, crm id, entry uuid, object guid",
}
_NUMBERS = {
    "": "telefon, telefonnummer, telefonnr, tel, tel nr, rufnummer, festnetz, festnetznummer,"
    " phone, phone number, telephone, telephone number, number, phone value, festnetznr",
    "work": "geschäftlich, büro, telefon geschäftlich, telefonnummer geschäftlich,"
    " tel geschäftlich, telefon büro, telefon dienstlich, tel büro, dienstlich, business,"
    " business phone, work, work phone, office, office phone, phone work, phone office,"
    " phone business, telefon gesch, tel gesch, telefon arbeit, rufnummer geschäftlich",
    "mobile": "mobil, mobile, mobiltelefon, mobilnummer, mobiltelefonnummer, mobile nummer,"
    " mobilfunk, handy, handynummer, handy nr, telefon mobil, tel mobil, mobil geschäftlich,"
    " mobil privat, handy privat, handy geschäftlich, natel, mobile phone, mobile number,"
    " cell, cell phone, phone mobile, phone cell, mobilfunknummer, mobilnr, handy gesch,"
    " mobil gesch, other mobile",
    "home": "privat, telefon privat, tel privat, telefonnummer privat, festnetz privat, home,"
    " home phone, phone home, private phone, telefon priv, tel priv, rufnummer privat,"
    " other home phone",
    "main": "zentrale, telefonzentrale, hauptnummer, haupttelefon, telefon firma, firmentelefon,"
    " company main phone, main phone, primary phone, phone main",
    "fax": "fax, faxnummer, fax nr, telefax, fax geschäftlich, fax büro, business fax, work fax,"
    " phone fax, fax number, office fax, facsimile telephone number",
    "home fax": "fax privat, home fax",
    "other fax": "weiteres fax, other fax, other facsimile telephone number",
    "other": "weiteres telefon, anderes telefon, telefon weitere, weitere telefonnummer, other,"
    " other phone, alternate phone, secondary phone, phone other, other telephone, ip phone,"
    " other ip phone",
    "assistant": "telefon assistent, telefon assistenz, assistant s phone, assistant phone,"
    " telephone assistant",
    "car": "autotelefon, car phone",
    "pager": "pager",
}
_PARTS = {
    "street": "straße, street, adresse, anschrift, address, address street, straße und hausnummer,"
    " straße hausnummer, straße nr, straße hausnr, straße und hausnr, street address",
    "house": "hausnummer, hausnr, house number",
    "code": "plz, postleitzahl, zip, zip code, postal code, postcode",
    "city": "ort, stadt, wohnort, city, town, plz ort, plz und ort, l, locality name",
    "region": "bundesland, kanton, bundesland kanton, state, region, province, county, st",
    "country": "land, land region, country, country region, c, co",
}
_PLACES = {
    "business": "geschäftlich business work office firma mailing billing rechnung",
    "home": "privat home",
    "other": "weitere weiterer weiteres weiterer other shipping liefer",
}


def normalise_heading(text: str) -> str:
    """Lower-case words with blanks between; umlauts as two letters, without numbers and signs."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        folded = folded.replace(umlaut, letters)
    return " ".join(re.split(r"[\W\d_]+", folded)).strip()


def _words(text: str) -> list[str]:
    """The headings in a list, each in one word: programs write `FirstName` and `first_name`."""
    return [normalise_heading(heading).replace(" ", "") for heading in text.split(",")]


_PART_BY_WORDS = {word: part for part, words in _PARTS.items() for word in _words(words)}
_PLACE_BY_WORD = {
    normalise_heading(word): place for place, words in _PLACES.items() for word in words.split()
}
_HEADINGS = (
    {word: Heading(field) for field, words in _FIELDS.items() for word in _words(words)}
    | {word: Heading("number", label) for label, ws in _NUMBERS.items() for word in _words(ws)}
    | dict.fromkeys(_words("phone label, phone type"), Heading("number_label"))
)


def recognise(text: str) -> Heading | None:
    """The field that a heading stands for, in any case and with any number in it."""
    words = normalise_heading(text)
    return _HEADINGS.get(words.replace(" ", "")) or _address_part(words)


def _address_part(text: str) -> Heading | None:
    words = text.split()
    places = [_PLACE_BY_WORD[word] for word in words if word in _PLACE_BY_WORD]
    others = [word for word in words if word not in _PLACE_BY_WORD]
    if others[:1] == ["address"] and len(others) > 1:  # of Google: Address 1 - City
        others = others[1:]
    part = _PART_BY_WORDS.get("".join(others))
    return Heading("address", part, places[0] if places else "") if part else None
