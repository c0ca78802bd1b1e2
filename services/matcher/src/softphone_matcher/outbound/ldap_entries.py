"""Reads the entries of an LDAP server: their attributes as texts."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from uuid import UUID

from softphone_matcher.outbound.ldap import LdapEntry

DN = "dn"
"""The column of the name of an entry, which is none of its attributes."""
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}(?:;[A-Za-z0-9-]+)*")
_IDS = ("entryuuid", "objectguid")
_NEVER = frozenset(
    {
        *("jpegphoto", "photo", "thumbnailphoto", "thumbnaillogo", "audio", "userpkcs12"),
        *("usercertificate", "usersmimecertificate", "cacertificate", "userpassword"),
        *("unicodepwd", "sambantpassword", "sambalmpassword", "krbprincipalkey"),
        *("ntsecuritydescriptor", "msexchmailboxsecuritydescriptor", "objectsid"),
    }
)
"""Attributes that are large, or that nobody should see, such as passwords."""
_MAIL = re.compile("smtp:", re.IGNORECASE)


def attributes_of(columns: Iterable[str]) -> tuple[str, ...]:
    """The attributes that are asked for to fill these columns.

    A column that is no attribute, or one of those that are never read, stays empty. The first page
    asks for `1.1` if nothing is left, which stands for no attribute (RFC 4511, 4.5.1.8).
    """
    names = tuple(column for column in columns if column.casefold() != DN and _may_read(column))
    return names or ("1.1",)


def columns_of(entries: Iterable[LdapEntry], most: int) -> list[str]:
    """The attributes that these entries have, those by which an entry is found again first."""
    names: dict[str, str] = {}
    for entry in entries:
        for name in entry.attributes:
            if _may_read(name):
                names.setdefault(name.casefold(), name)
    ids = [name for folded, name in names.items() if folded in _IDS]
    others = [name for folded, name in names.items() if folded not in _IDS]
    return [*ids, *others][:most]


def texts_of(entry: LdapEntry) -> Mapping[str, list[str]]:
    """The texts of each attribute by its name in small letters, without values that are no text."""
    texts = {
        name.casefold(): list(_texts(name.partition(";")[0].casefold(), values))
        for name, values in entry.attributes.items()
    }
    return {**texts, DN: [entry.dn]}


def _texts(name: str, values: Iterable[bytes]) -> Iterator[str]:
    read = _VALUES.get(name, bytes.decode)
    for value in values:
        try:
            text = read(value)
        except ValueError:  # UnicodeDecodeError among them: a picture, a key
            continue
        if text:
            yield text


def _guid(value: bytes) -> str:
    """The usual text of an objectGUID, whose first parts are in the order of Intel's processors."""
    return str(UUID(bytes_le=value))


def _lines(value: bytes) -> str:
    """A postal address, whose lines end with a dollar sign (RFC 4517, 3.3.28)."""
    lines = (line.strip() for line in value.decode().split("$"))
    text = ", ".join(filter(None, lines))
    return text.replace("\\24", "$").replace("\\5C", "\\").replace("\\5c", "\\")


def _address(value: bytes) -> str:
    """The address of a labeledURI, without the label behind it (RFC 2079)."""
    return value.decode().strip().partition(" ")[0]


def _mail(value: bytes) -> str:
    """An address of Exchange that is one of mail; the others are of X.400, SIP and so on."""
    text = value.decode()
    match = _MAIL.match(text)
    return text[match.end() :] if match else ""


_VALUES: Mapping[str, Callable[[bytes], str]] = {
    "objectguid": _guid,
    "postaladdress": _lines,
    "homepostaladdress": _lines,
    "registeredaddress": _lines,
    "labeleduri": _address,
    "proxyaddresses": _mail,
}


def _may_read(name: str) -> bool:
    base = name.partition(";")[0].casefold()
    is_binary = name.casefold().endswith(";binary")
    return bool(_ATTRIBUTE.fullmatch(name)) and base not in _NEVER and not is_binary
