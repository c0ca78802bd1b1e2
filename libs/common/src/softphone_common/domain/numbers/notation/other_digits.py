"""Recognises digits that are no telephone number: dates, times, ids and addresses."""

import re

from softphone_common.domain.numbers.notation.containers import NO_NUMBER
from softphone_common.domain.numbers.notation.extension_words import DIRECT_WORD, EXTENSION_WORD

_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19|20)[0-9]{2}"
_SIGN = r"\s?[./-]\s?"
_TIME = (
    r"(?:[01]?[0-9]|2[0-3])(?:[:.]|\s?h\s?)[0-5][0-9](?:[:.][0-5][0-9](?:[.,][0-9]{1,6})?)?"
    r"(?:\s?(?:Uhr|h|[ap]\.?m\.?)(?![^\W\d_]))?(?:Z|[+-][0-9]{2}:?[0-9]{2})?(?![0-9])"
)
_FULL_DATE = rf"(?:{_DAY}{_SIGN}{_DAY}{_SIGN}{_YEAR}|{_YEAR}{_SIGN}{_MONTH}{_SIGN}{_DAY})(?![0-9])"
_RANGE = r"\s?(?:-|bis|to|au|al)\s?"
_DATE = re.compile(
    rf"(?<![0-9])(?<![0-9][./-])(?:{_DAY}\.\s?(?:{_MONTH}\.\s?)?{_RANGE}|{_FULL_DATE}{_RANGE})?"
    rf"{_FULL_DATE}(?![./-][0-9])(?:[\s,;T]*(?:um\s|at\s|à\s|alle\s|-\s)?{_TIME})?",
    re.I,
)
_LETTER_IN_NUMBER = re.compile(r"(?<=[0-9][\s-])[OolI]+[0-9]")  # 98 OO1
_WORDS = r"[^0-9+(*#]*"
_ONLY_DATE = re.compile(
    rf"{_WORDS}(?:"
    rf"{_DAY}\s?(?P<sign>[./-])\s?{_DAY}\s?(?P=sign)\s?[0-9]{{2}}(?:[\s,;]+{_TIME})?"  # 28.11.26
    rf"|(?:0[1-9]|[12][0-9]|3[01]) (?:0[1-9]|[12][0-9]|3[01]) {_YEAR}"  # 28 11 2026
    rf"|{_DAY}\.\s?{_DAY}\."  # 28.11.
    rf"|[0-9]{{1,2}}[./-]{_YEAR}|{_YEAR}[/-][0-9]{{2}}"  # 11/2026, 2026-11, 2024/25
    rf"|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){{1,2}}"
    rf"|{_TIME}(?:{_RANGE}{_TIME})?"
    r")[^0-9]*",
    re.I,
)
_IDS = re.compile(
    r"(?:[^0-9]*[\s:])?(?:[A-Z]{2}[0-9]{2}\s?(?:[A-Z0-9]{4}\s?){3,7}[A-Z0-9]{0,4}"  # IBAN
    r"|(?:[A-Z]{2,3}|CHE)[\s-]?[0-9]{3}[. ][0-9]{3}[. ][0-9]{3}"  # VAT: CHE-123.456.789
    r"|[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}/[0-9]{4}-[0-9]{2}"  # CNPJ
    r"|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"  # CPF
    r"|756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}|[0-9]{3}-[0-9]{2}-[0-9]{4}"  # insurance of CH and US
    r")[^0-9]*"
)
_NUMBER_WORD = r"[\s./-]*(?:nummer|number|num[eé]ro|nr|no|id|nº|n°|#)"
_ID_WORD = (
    rf"(?:(?:kunden?|kd|clients?|customers?|cust){_NUMBER_WORD}"
    r"|(?:vertrag|rechnung|auftrag|bestell|ticket|vorgang|mitglied|personal|versicherung|policen?|"
    r"konto|kto|blz|zähler|artikel|serien|invoice|contract|account|acct|order|member|policy|"
    r"serial|passport|facture|contrat|fattura|pedido|fatura|postfach|postbus|p\.?\s?o\.?\s?box|"
    r"bo[iî]te postale|casella postale|apartado|caixa postal|zimmer|room|"
    r"geboren|geb\.|geburtstag|geburtsdatum|born|birthday|date of birth|dob)"
    rf"(?:s|e)?(?:{_NUMBER_WORD})?"
    r"|(?-i:PF|B\.?P\.?|C\.?P\.?|HR[AB]|Az\.))"
)
_ID = re.compile(rf"(?:.*[^\w])?{_ID_WORD}[\s.:#-]*(?=[1-9])", re.I | re.S)
_TAX_OR_POST = re.compile(
    r"(?:.*[^\w])?(?:(?:(?-i:IBAN|BIC|VAT|TVA|SIRET|SIREN|CNPJ|CPF|CEP|NIF|SSN|EIN|AHV|PLZ|ZIP|CAP|"
    r"ISBN|IMEI|ICCID|IMSI)|ust[\s.-]*id|steuer|p\.?\s?iva|partita iva|codice fiscale|tax|"
    r"post(?:al )?code|code postal)[^0-9:+(]*)[\s:.]*(?=[0-9])",
    re.I | re.S,
)
_MASKED_AREA_CODE = re.compile(r"[^0-9+]*\([\s0-9]*[x?*_#.…-]{2,}[\s0-9]*\)[\s./-]*[0-9]", re.I)


_POSTCODE = re.compile(
    r"(?:[A-Z〒]{1,3}[\s-]?)?"
    r"(?:[0-9]{4}-[0-9]{3}|[0-9]{3} ?[0-9]{2,3}|[0-9]{4,6}|1[0-9]{2}-[0-9]{4})"
    rf"[\s,]+(?!{EXTENSION_WORD}|{DIRECT_WORD})[^\W\d_]{{2}}"
)
_OTHER_LEAD = re.compile(r"[^0-9:+(]*[^\W\d_]{2}[^0-9:+(]*[0-9]")
_CUSTOMER = re.compile(r"[^0-9]*(?:kund|client|customer|cliente)[^0-9]*[0-9]", re.I)
_PHONE_LEAD = re.compile(
    r"[^0-9]*(?:tel|fon|phone|mobil|handy|cell|fax|b[uü]ro|office|home|work|privat|direct|durchwahl)",
    re.I,
)


def is_in_address(text: str) -> bool:
    """Whether a text of a number without area code is a postcode, a street or another word's."""
    if _CUSTOMER.match(text):
        return True
    is_lead = _OTHER_LEAD.match(text) is not None and _PHONE_LEAD.match(text) is None
    return is_lead or _POSTCODE.match(text) is not None or text.startswith("〒")


def strip_other_digits(text: str) -> str:
    """The text without dates and times.

    NO_NUMBER where nothing else has digits, or where the digits are an id or part of an address.
    """
    if _LETTER_IN_NUMBER.search(text):
        return NO_NUMBER
    if _ONLY_DATE.fullmatch(text) or _IDS.fullmatch(text) or _MASKED_AREA_CODE.match(text):
        return NO_NUMBER
    if _ID.match(text) or _TAX_OR_POST.match(text):
        return NO_NUMBER
    rest = _DATE.sub(" ", text)
    if rest == text:
        return text
    return rest.strip(" ,;:/-") if re.search("[0-9]", rest) else NO_NUMBER
