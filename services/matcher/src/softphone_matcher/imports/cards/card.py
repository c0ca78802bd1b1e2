"""Takes a file of vCards apart into cards and their properties (RFC 6350, 3; vCard 2.1, 2.1)."""

import codecs
import io
import quopri
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from softphone_matcher.imports.rows.imported_row import Rejection, RejectionCode
from softphone_matcher.imports.rows.limits import ImportLimits

_BEGIN = re.compile(rb"\s*BEGIN\s*:\s*VCARD\s*", re.I)
_END = re.compile(rb"\s*END\s*:\s*VCARD\s*", re.I)
_NAME = re.compile(rb"^(?:[\w-]+\.)?([A-Za-z][A-Za-z0-9-]*)[;:]", re.M)
_PROPERTY = re.compile(
    r"(?:(?P<group>[\w-]+)\.)?(?P<name>[A-Za-z][A-Za-z0-9-]*)"
    r'(?P<parameters>(?:;(?:[^":;]|"[^"]*")*)*):(?P<value>.*)',
    re.S,
)
_PARAMETER = re.compile(r';((?:[^";]|"[^"]*")*)')
_QUOTED = re.compile(rb"[^:]*;(?:ENCODING=)?QUOTED-PRINTABLE[;:]", re.I)
_PICTURE = re.compile(rb"[^:]*;(?:ENCODING=)?(?:BASE64|B)[;:]", re.I)
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]*")
_CHARSETS = re.compile(r"utf-(?:8|16)|iso8859|cp\d|mac|koi8|ascii|shift_jis|euc|gb|big5")
_FOLD = re.compile(rb"\r?\n[ \t]")
_ESCAPE = re.compile(r"\\(.)", re.S)
_COMPONENT = re.compile(r"((?:[^;\\]|\\.)*)(?:;|\Z)", re.S)
_LISTED = re.compile(r"((?:[^,\\]|\\.)*)(?:,|\Z)", re.S)


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a card: names in upper case, the types in lower case, the value as written."""

    name: str
    group: str
    types: frozenset[str]
    value: str

    def text(self) -> str:
        """The value without escapes."""
        return _unescape(self.value)

    def components(self) -> list[str]:
        """The parts of a value such as that of N, ORG or ADR."""
        return [_unescape(match[1]) for match in _matches(_COMPONENT, self.value)]

    def listed(self) -> list[str]:
        """The values of a list such as that of CATEGORIES."""
        return [_unescape(match[1]) for match in _matches(_LISTED, self.value)]


@dataclass(frozen=True, slots=True)
class Card:
    """The properties of one card in their order, and the line of the file it begins in."""

    row: int
    properties: tuple[Property, ...]


def is_vcard(text: str) -> bool:
    """Whether a text begins with a card."""
    return re.match(r"BEGIN\s*:\s*VCARD", text, re.I) is not None


def bare_id(uid: str) -> str:
    """The value of a UID without the scheme that some programs write (RFC 6350, 6.7.6)."""
    return uid.removeprefix("urn:uuid:")


def unfold(data: bytes) -> bytes:
    """The data of a file without the folds of its lines."""
    return _FOLD.sub(b"", data)


def property_names(data: bytes) -> tuple[str, ...]:
    """The names of all properties in a file, but for those that only frame a card."""
    names = dict.fromkeys(match[1].decode().upper() for match in _NAME.finditer(data))
    return tuple(name for name in names if name not in {"BEGIN", "END", "VERSION"})


def read_cards(data: bytes, encoding: str, limits: ImportLimits) -> Iterator[Card | Rejection]:
    """Each card of a file; a damaged one is rejected, and so are lines outside of cards.

    `encoding` is for texts that are not UTF-8 and do not name another character set.
    """
    return (_card(block, encoding) for block in _blocks(data, limits.card_bytes_max))


def reduced_lines(data: bytes, bytes_max: int, names: Collection[str]) -> Iterator[bytes]:
    """The unfolded lines of all cards, of which those with other names are left out.

    Lines without a name stay, as do the version and the lines around a card, so that a damaged
    card is rejected as it would have been before.
    """
    kept = {*names, "VERSION"}
    for block in _blocks(data, bytes_max):
        if block.is_card:
            yield b"BEGIN:VCARD"
        for line in filter(bytes.strip, _unfold(block.lines, keep_blank=block.is_old)):
            match = _NAME.match(line)
            if match is None or match[1].decode().upper() in kept:
                yield line
        if block.is_ended:
            yield b"END:VCARD"


@dataclass(slots=True)
class _Block:
    """The lines of a card, or lines outside of cards; without those behind its limit of bytes."""

    row: int
    is_card: bool
    is_ended: bool = False
    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    is_too_large: bool = False

    def add(self, line: bytes, bytes_max: int) -> None:
        self.size += len(line)
        self.is_too_large = self.size > bytes_max
        if not self.is_too_large:
            self.lines.append(line)

    @property
    def is_old(self) -> bool:
        """Whether its lines are folded at a blank that stays, as in vCard 2.1."""
        return any(line.strip().upper() == b"VERSION:2.1" for line in self.lines)

    def rejection(self, code: RejectionCode, encoding: str) -> Rejection:
        text = self.lines[0].decode(errors="replace") if self.lines else ""
        return Rejection(self.row, code, text=text, host_id=self._only_id(encoding))

    def _only_id(self, encoding: str) -> str:
        """The id of a card in its whole lines; empty if it has none there, or several."""
        if not self.is_card:
            return ""
        # the rest of the last line may be missing
        whole = [*_unfold(self.lines, keep_blank=self.is_old)][:-1]
        properties = (_property(line, encoding) for line in whole if line.strip())
        ids = {p.text() for p in properties if p and p.name == "UID" and p.text()}
        return bare_id(ids.pop()) if len(ids) == 1 else ""


def _blocks(data: bytes, bytes_max: int) -> Iterator[_Block]:
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    block: _Block | None = None
    for number, line_end in enumerate(io.BytesIO(data), 1):
        line = line_end.rstrip(b"\r\n")
        is_begin = _BEGIN.fullmatch(line) is not None
        if block and is_begin:
            yield block
        if is_begin or (block is None and line.strip()):
            block = _Block(number, is_begin)
        if block and block.is_card and _END.fullmatch(line):
            block.is_ended = True
            yield block
            block = None
        elif block and not is_begin:
            block.add(line, bytes_max)
    if block:
        yield block


def _card(block: _Block, encoding: str) -> Card | Rejection:
    if not block.is_card:
        return block.rejection("card-outside", encoding)
    if not block.is_ended:
        return block.rejection("card-unended", encoding)
    if block.is_too_large:
        return block.rejection("card-too-large", encoding)
    properties: list[Property] = []
    for line in filter(bytes.strip, _unfold(block.lines, keep_blank=block.is_old)):
        property_ = _property(line, encoding)
        if property_ is None:
            text = line.decode(encoding, errors="replace")
            return Rejection(block.row, "line-unreadable", text=text)
        properties.append(property_)
    return Card(block.row, tuple(properties))


def _unfold(lines: list[bytes], *, keep_blank: bool) -> Iterator[bytes]:
    """The lines of properties. vCard 2.1 folds at a blank, which stays; later versions add one.

    Lines of base64 without a blank in front, which some programs write, are left out with pictures.
    """
    pieces: list[bytes] = []
    is_quoted = is_picture = False
    for line in lines:
        if is_quoted and pieces[-1].rstrip().endswith(b"="):
            pieces[-1] = pieces[-1].rstrip()[:-1]
            pieces.append(line)
        elif line[:1] in {b" ", b"\t"} and pieces:
            pieces.append(line if keep_blank else line[1:])
        elif not (is_picture and b":" not in line and _BASE64.fullmatch(line)):
            yield b"".join(pieces)
            pieces = [line]
            is_quoted = _QUOTED.match(line) is not None
            is_picture = _PICTURE.match(line) is not None
    yield b"".join(pieces)


def _property(line: bytes, encoding: str) -> Property | None:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode(encoding, errors="replace")
    match = _PROPERTY.fullmatch(text)
    if match is None:
        return None
    types: list[str] = []
    charset = quoted = ""
    for parameter in _PARAMETER.findall(match["parameters"]):
        name, is_named, value = parameter.rpartition("=")
        key = name.strip().upper()
        value = value.strip().strip('"')
        if key == "CHARSET":
            charset = value
        elif key == "ENCODING" or value.upper() == "QUOTED-PRINTABLE":
            quoted = value.upper()
        elif key == "TYPE" or not is_named:
            types += value.lower().split(",")
    value = match["value"]
    if quoted == "QUOTED-PRINTABLE":
        value = _decode(quopri.decodestring(value.encode(encoding, "replace")), charset, encoding)
    return Property(
        match["name"].upper(), match["group"] or "", frozenset(map(str.strip, types)), value
    )


def _decode(data: bytes, charset: str, encoding: str) -> str:
    """Text of quoted-printable: in the character set that is named, or UTF-8, or as the file."""
    with suppress(LookupError, UnicodeDecodeError):
        return data.decode("utf-8" if charset == "" else _known(charset))
    return data.decode(encoding, errors="replace")


def _known(charset: str) -> str:
    """The codec of a character set. Raises LookupError for codecs that are none, as `idna`."""
    name = codecs.lookup(charset).name
    if not _CHARSETS.match(name):
        raise LookupError(name)
    return name


def _matches(pattern: re.Pattern[str], value: str) -> Iterator[re.Match[str]]:
    for match in pattern.finditer(value):
        yield match
        if match.end() == len(value) and not match[0].endswith((";", ",")):
            return


def _unescape(text: str) -> str:
    unescaped = _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], text)
    return unescaped.replace("\r\n", "\n").strip()
