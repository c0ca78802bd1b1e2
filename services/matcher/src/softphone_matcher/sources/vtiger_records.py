"""Makes lines of the records of vtiger CRM: the fields of each module, and how they are saved."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from softphone_common.domain.matching import RecordType
from softphone_matcher.imports.mapping import ColumnMapping, NumberColumn
from softphone_matcher.imports.rows.limits import FIELD_MAX, LIMITS
from softphone_matcher.outbound.errors import SourceError

TYPES: Mapping[str, RecordType] = {
    "Accounts": "organization",
    "Contacts": "contact",
    "Leads": "lead",
    "Vendors": "supplier",
}
"""The types of the records of each module, in the order in which the modules are read."""
CHANGED = "modifiedtime"
COMPANY = "account_id"
COMPANY_NAME = "accountname"

_NAMES = {
    "Accounts": (COMPANY_NAME,),
    "Contacts": ("firstname", "lastname"),
    "Leads": ("firstname", "lastname"),
    "Vendors": ("vendorname",),
}
_STREETS = ("mailingstreet", "bill_street", "lane", "street")
_CODES = ("mailingzip", "bill_code", "code", "postalcode")
_CITIES = ("mailingcity", "bill_city", "city")
_COUNTRIES = ("mailingcountry", "bill_country", "country")
_NUMBERS_MAX = 12
_MANY = " ::: "
_MORE = "…"

MAPPING = ColumnMapping(
    name=("name",),
    numbers=tuple(
        NumberColumn(f"number {n}", label_column=f"label {n}") for n in range(1, _NUMBERS_MAX + 1)
    ),
    organization="organization",
    emails=("emails",),
    address=(("street",), ("code", "city"), ("country",)),
    note=("note",),
    url="url",
    type="type",
    host_id="id",
)
"""How the lines are saved."""
_EMPTY = dict.fromkeys(MAPPING.columns(), "")


@dataclass(frozen=True, slots=True)
class VtigerModule:
    """A module of the CRM as its user sees it.

    - `names`: the fields that make the name of a record, one behind the other
    - `numbers`: the fields of the type `phone` with their labels, also those that a company added
    """

    name: str
    type: RecordType
    names: tuple[str, ...]
    numbers: Mapping[str, str]
    emails: tuple[str, ...]
    fields: frozenset[str]

    @property
    def has_changes(self) -> bool:
        """Whether the user sees when a record was changed."""
        return CHANGED in self.fields


def module_of(name: str, description: Any) -> VtigerModule | None:
    """The module in the answer to `describe`; None if the user may not read its records.

    A module that TYPES does not have is the one of partners.
    """
    fields = description.get("fields") if isinstance(description, Mapping) else None
    if not isinstance(fields, list):
        raise SourceError("source-answer-unknown")
    if description.get("retrieveable") is False:
        return None
    types, labels = dict[str, str](), dict[str, str]()
    for field in fields:
        if isinstance(field, Mapping) and isinstance(field.get("name"), str):
            type_ = field.get("type")
            types[field["name"]] = str(type_.get("name")) if isinstance(type_, Mapping) else ""
            labels[field["name"]] = str(field.get("label") or "")
    return VtigerModule(
        name=name,
        type=TYPES.get(name, "partner"),
        names=_NAMES.get(name) or _label_fields(description.get("labelFields")),
        numbers={each: labels[each] for each, type_ in types.items() if type_ == "phone"},
        emails=tuple(each for each, type_ in types.items() if type_ == "email"),
        fields=frozenset(types),
    )


def _label_fields(text: Any) -> tuple[str, ...]:
    """The fields of a name: `firstname,lastname`, or a list of them."""
    names = text.split(",") if isinstance(text, str) else text
    return tuple(str(each).strip() for each in names) if isinstance(names, list) else ()


def lines_of(
    module: VtigerModule,
    rows: Iterable[Mapping[str, Any]],
    organizations: Mapping[str, str],
    address_of: Callable[[str, str], str],
) -> bytes:
    """The records of a page as lines of JSON.

    `organizations`: the names of the organisations by their ids; `address_of`: makes the address
    of a record in the CRM of its module and its id. Empty cells are left out but in the first line,
    since the first line of a file names its columns.
    """
    lines = list[bytes]()
    for row in rows:
        cells = _cells(module, row, organizations, address_of)
        filled = {name: cell for name, cell in cells.items() if cell} if lines else _EMPTY | cells
        lines.append(json.dumps(filled, ensure_ascii=False).encode(errors="replace") + b"\n")
    return b"".join(lines)


def _cells(
    module: VtigerModule,
    row: Mapping[str, Any],
    organizations: Mapping[str, str],
    address_of: Callable[[str, str], str],
) -> dict[str, str]:

    def text(*names: str) -> str:
        """The first of these fields that the user sees and that is not empty."""
        texts = (str(row.get(name) or "").strip() for name in names if name in module.fields)
        return next(filter(None, texts), "")

    cells = {
        "id": str(row["id"]),
        "type": module.type,
        "name": " ".join(filter(None, map(text, module.names))),
        "organization": organizations.get(text(COMPANY), "") or _company(module, text),
        "emails": _MANY.join(filter(None, map(text, module.emails))),
        "street": ", ".join(filter(None, map(str.strip, text(*_STREETS).splitlines()))),
        "code": text(*_CODES),
        "city": text(*_CITIES),
        "country": text(*_COUNTRIES),
        "note": _cut(text("description"), FIELD_MAX["note"]),
        "url": address_of(module.name, str(row["id"])),
    }
    return cells | _number_cells(list(_numbers(module, text)))


def _company(module: VtigerModule, text: Callable[[str], str]) -> str:
    return text("company") if module.name == "Leads" else ""


def _numbers(module: VtigerModule, text: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """The numbers of a record with their labels."""
    for name, label in module.numbers.items():
        number = text(name)
        if number:
            yield number, _cut(label, FIELD_MAX["label"])


def _number_cells(numbers: list[tuple[str, str]]) -> dict[str, str]:
    """The cells of the numbers; the last column has all that are left."""
    cells = dict[str, str]()
    for n, (number, label) in enumerate(numbers[:_NUMBERS_MAX], 1):
        cells |= {f"number {n}": number, f"label {n}": label}
    rest = [number for number, _ in numbers[_NUMBERS_MAX - 1 : LIMITS.numbers_max]]
    if len(rest) > 1:
        cells[f"number {_NUMBERS_MAX}"] = _MANY.join(rest)
    return cells


def _cut(text: str, most: int) -> str:
    # else the whole contact would be refused for a text that nobody needs in a call
    return text if len(text) <= most else text[: most - len(_MORE)] + _MORE
