"""Checks the texts of one row or card and makes a record of them, or names a damaged text.

A text is repaired only where the file leaves no doubt. The spellings of numbers are not read here:
`number_keys` of the domain does that when a record is saved. Only where a spreadsheet may have
removed a zero, the readings of the digits are compared.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import NamedTuple

from softphone_common.domain.matching import RecordType, number_keys
from softphone_common.domain.numbers.placeholders import is_unset
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_matcher.imports.rows.imported_row import (
    ImportedNumber,
    ImportedRow,
    Rejection,
    RejectionCode,
)
from softphone_matcher.imports.rows.limits import FIELD_MAX, ImportLimits

_SCIENTIFIC = re.compile(r"(\+?)([0-9])(?:[.,]([0-9]*))?E([+-][0-9]{1,3})", re.I)
_LOCAL_MAX = 11
"""Digits of a local number with its area code, in plans where it may be left out."""

_BARE = re.compile(r"[1-9][0-9]*")
_COMPUTED = re.compile(r"-[0-9]+")
_ERROR = re.compile(
    r"#(?:n/?a|nv|ref!|bezug!|value!|wert!|name\?|div/0!|num!|zahl!|null!|####*)", re.I
)
_NO_NUMBER = frozenset({"n/a", "na", "k.a.", "k. a.", "keine", "none", "nan"})
_MODULE = re.compile(r"(?:Accounts|Vendors|Contacts|Leads)::::")
"""vtiger exports a reference to a record with the module that the record is in."""

_MANY = " ::: "
"""Google writes several values into one cell with this between."""

_EMAIL = re.compile(r"[^@\s<>;,]+@[^@\s<>;,]+")
_IN_BRACKETS = re.compile(r"<([^<>]+)>")
_WEB_ADDRESS = re.compile(r"https?://\S+|/(?![/\\])\S*", re.I)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:[/?#]\S*)?", re.I)

_TYPES: dict[RecordType, str] = {
    "contact": "contact kontakt person ansprechpartner ansprechpartnerin",
    "organization": "organization organisation account firma unternehmen company",
    "lead": "lead interessent",
    "partner": "partner",
    "supplier": "supplier lieferant vendor",
}
_TYPE_BY_WORD = {word: type_ for type_, words in _TYPES.items() for word in words.split()}
_FLAGS = dict.fromkeys(
    ("1", "true", "yes", "y", "ja", "j", "x", "wahr", "inactive", "inaktiv"), True
)
_FLAGS |= dict.fromkeys(("", "0", "false", "no", "n", "nein", "falsch", "active", "aktiv"), False)


class Text(NamedTuple):
    """A text of the file, and the column or property it is from."""

    text: str
    column: str = ""


NOTHING = Text("")


class NumberText(NamedTuple):
    """The text of a number with its label, and the column or property it is from.

    `may_lack_zero`: a spreadsheet may have removed the zero or the plus in front of the digits.
    """

    text: str
    label: str = ""
    column: str = ""
    may_lack_zero: bool = False


@dataclass(slots=True)
class RawFields:
    """The texts of a row or card by field, in lists where a field has several or is composed."""

    row: int
    names: list[Text] = field(default_factory=list)
    organization: Text = NOTHING
    numbers: list[NumberText] = field(default_factory=list)
    emails: list[Text] = field(default_factory=list)
    address: list[Text] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    url: Text = NOTHING
    tags: list[Text] = field(default_factory=list)
    owner: Text = NOTHING
    team: Text = NOTHING
    inactive: Text = NOTHING
    type: Text = NOTHING
    host_id: Text = NOTHING


class _RejectedError(Exception):
    def __init__(
        self, code: RejectionCode, name: str, text: str, column: str, limit: int = 0
    ) -> None:
        super().__init__(code)
        self.parts = code, name, column, text, limit


class RowMaker:
    """Makes the records of one file; an id that comes again in the file is rejected.

    `needs_ids`: whether a row without an id is rejected, too, and gets none made of its name.
    """

    def __init__(
        self,
        profile: NumberProfile,
        source: str,
        record_type: RecordType,
        limits: ImportLimits,
        *,
        needs_ids: bool = False,
    ) -> None:
        self._profile = profile
        self._source = source
        self._record_type = record_type
        self._limits = limits
        self._needs_ids = needs_ids
        self._rows: dict[str, int] = {}
        self._names: Counter[bytes] = Counter()
        self._contents: dict[bytes, str] = {}

    def make(self, raw: RawFields) -> ImportedRow | Rejection:
        """The record of these texts, or the first reason why they make none."""
        try:
            return self._make(raw)
        except _RejectedError as error:
            return replace(Rejection(raw.row, *error.parts), host_id=self.known_id(raw.host_id))

    def known_id(self, id_: Text) -> str:
        """The id of a row that was rejected, unless the id is the reason."""
        try:
            return self._id_in_file(id_)
        except _RejectedError:
            return ""

    def _make(self, raw: RawFields) -> ImportedRow:
        name = " ".join(self._checked("name", text) for text in raw.names if text.text)
        organization = _MODULE.sub("", self._checked("organization", raw.organization))
        if not name and not organization:
            raise _RejectedError("name-missing", "name", "", "")
        row = ImportedRow(
            row=raw.row,
            source=self._source,
            host_id="",
            type=self._type(raw, is_person=bool(name)),
            name=_limited("name", name or organization),
            organization=organization,
            numbers=self._numbers(raw.numbers),
            emails=_few("emails", self._emails(raw.emails), self._limits.emails_max),
            address=_limited("address", ", ".join(self._each("address", raw.address))),
            note=_limited("note", "\n".join(self._each("note", raw.notes))),
            url=_read_url(raw.url) if raw.url.text else "",
            tags=_few("tags", self._tags(raw.tags), self._limits.tags_max),
            owner=self._checked("owner", raw.owner),
            team=self._checked("team", raw.team),
            inactive=_read_flag(raw.inactive),
        )
        return replace(row, host_id=self._host_id(raw, row, name))

    def _type(self, raw: RawFields, *, is_person: bool) -> RecordType:
        """The type in the file; a row without one that names a company alone is an organisation."""
        if not raw.type.text:
            return self._record_type if is_person else "organization"
        type_ = read_type(raw.type.text)
        if type_ is None:
            raise _RejectedError("type-unknown", "type", *raw.type)
        return type_

    def _checked(self, name: str, text: Text) -> str:
        """The text, unless it is damaged or longer than its field."""
        if text.text == "":
            return ""
        _require_sound(name, *text)
        if len(text.text) > self._limits.cell_max:
            raise _RejectedError("text-too-long", name, *text, self._limits.cell_max)
        return _limited(name, text.text, text.column)

    def _each(self, name: str, texts: Iterable[Text]) -> Iterator[str]:
        return filter(None, (self._checked(name, text) for text in texts))

    def _numbers(self, texts: list[NumberText]) -> tuple[ImportedNumber, ...]:
        numbers: dict[str, ImportedNumber] = {}
        for text, label, column, may_lack_zero in texts:
            for part in text.split(_MANY):
                if _is_no_number(part):
                    continue
                _require_sound("numbers", part, column)
                number = _read_digits("numbers", part.strip(), column)
                if may_lack_zero and _is_doubtful(number, self._profile):
                    raise _RejectedError("number-zero-lost", "numbers", part, column)
                _limited("number", number, column)
                _limited("label", label, column)
                numbers.setdefault(number, ImportedNumber(number, label))
        if len(numbers) > self._limits.numbers_max:
            most = self._limits.numbers_max
            raise _RejectedError("items-too-many", "numbers", "", texts[-1].column, most)
        return tuple(numbers.values())

    def _emails(self, texts: list[Text]) -> Iterator[str]:
        for text, column in texts:
            if not text or is_unset(text):
                continue
            # in "Huber, Erika" <erika@...> only the part in brackets is an address
            parts = _IN_BRACKETS.findall(text) or re.split(r"[\s;,]+|:::", text)
            for part in filter(None, parts):
                address = part.strip().removeprefix("mailto:")
                if not _EMAIL.fullmatch(address):
                    raise _RejectedError("email-invalid", "emails", text, column)
                yield _limited("email", address, column)

    def _tags(self, texts: list[Text]) -> Iterator[str]:
        for text, column in texts:
            for part in re.split(r":::|[;,\n]", self._checked("note", Text(text, column))):
                tag = part.strip().removeprefix("* ")
                if tag:
                    yield _limited("tag", tag, column)

    def _host_id(self, raw: RawFields, row: ImportedRow, name: str) -> str:
        """The id in the file, which only one row may have: of two rows neither is surely newer."""
        host_id = self._id_in_file(raw.host_id)
        if not host_id and self._needs_ids:
            raise _RejectedError("host-id-missing", "host_id", *raw.host_id)
        if not host_id:
            return self._id_of_content(row, name)
        if self._rows.setdefault(host_id, raw.row) != raw.row:
            raise _RejectedError("host-id-repeated", "host_id", *raw.host_id)
        return host_id

    def _id_in_file(self, id_: Text) -> str:
        text, column = id_
        return self._checked("host_id", Text(_read_digits("host_id", text, column), column))

    def _id_of_content(self, row: ImportedRow, name: str) -> str:
        """An id of name and organisation, and of the place among different rows with both.

        A row that repeats an earlier one is the same record.
        """
        content = sha256(repr(replace(row, row=0)).encode(errors="surrogatepass")).digest()[:12]
        if content not in self._contents:
            digest = sha256(f"{name}\0{row.organization}".casefold().encode()).digest()[:12]
            self._names[digest] += 1
            self._contents[content] = f"name-{digest.hex()}-{self._names[digest]}"
        return self._contents[content]


def _few(name: str, values: Iterable[str], most: int) -> tuple[str, ...]:
    """The values without repetitions, unless there are too many."""
    different = tuple(dict.fromkeys(values))
    if len(different) > most:
        raise _RejectedError("items-too-many", name, different[most], "", most)
    return different


def read_type(text: str) -> RecordType | None:
    """The type of record that a word stands for."""
    return _TYPE_BY_WORD.get(text.strip().casefold())


def _limited(name: str, text: str, column: str = "") -> str:
    if len(text) > FIELD_MAX[name]:
        raise _RejectedError("text-too-long", name, text, column, FIELD_MAX[name])
    return text


def _require_sound(name: str, text: str, column: str) -> None:
    """Refuses the error value of a formula, and characters that only a wrong encoding gives."""
    if text[:1] == "#" and _ERROR.fullmatch(text.strip()):
        raise _RejectedError("formula-error", name, text, column)
    if text.isascii() and text.isprintable():
        return
    if any(c == "\ufffd" or (unicodedata.category(c) == "Cc" and c not in "\t\r\n") for c in text):
        raise _RejectedError("text-damaged", name, text, column)


def _is_no_number(text: str) -> bool:
    """Whether people write this into a column of numbers where there is no number."""
    bare = text.strip().casefold()
    return not re.search(r"[^\W_]|#|\ufffd", bare) or bare in _NO_NUMBER or is_unset(text)


def _read_digits(name: str, text: str, column: str) -> str:
    """A number or an id, without the apostrophe that makes a cell a text.

    `4.98999998001E+11` has all its digits and is repaired; `4,98E+11` has lost some. A minus in
    front of digits alone is the result of a formula: `+49-89-99998001` was computed.
    """
    text = text.removeprefix("'")
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific:
        fraction, exponent = scientific[3] or "", int(scientific[4])
        if len(fraction) != exponent or exponent > 14:
            raise _RejectedError("number-rounded", name, text, column)
        return scientific[1] + scientific[2] + fraction
    if name == "numbers" and _COMPUTED.fullmatch(text):
        raise _RejectedError("number-computed", name, text, column)
    return text


def _is_doubtful(text: str, profile: NumberProfile) -> bool:
    """Whether bare digits read as a number of the own area, but as another one with a zero or a
    plus in front: 94123456 may be a local number, or 0941 23456."""
    is_short = len(text) + len(profile.area_code) <= _LOCAL_MAX
    if not (profile.area_code and is_short and _BARE.fullmatch(text)):
        return False
    keys = number_keys(text, profile).keys
    if not keys or keys == number_keys(text, replace(profile, area_code="")).keys:
        return False
    return any(number_keys(f"{sign}{text}", profile).keys for sign in ("0", "+"))


def _read_url(url: Text) -> str:
    text, column = url
    address = f"https://{text}" if _HOST.fullmatch(text) else text
    if not _WEB_ADDRESS.fullmatch(address):
        raise _RejectedError("url-invalid", "url", text, column)
    return _limited("url", address, column)


def _read_flag(text: Text) -> bool:
    flag = _FLAGS.get(text.text.casefold())
    if flag is None:
        raise _RejectedError("flag-unreadable", "inactive", *text)
    return flag
