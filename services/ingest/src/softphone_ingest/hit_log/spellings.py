"""The spellings in which a secret of a device is searched for: base32 and hexadecimal digits."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from softphone_ingest.hit_log.escapes import Span, as_bytes

SECRET_MIN = 6
"""Characters of the shortest secret that is searched for: a shorter text is also part of numbers
and words that are no secret."""
_GROUP = 5
"""Bytes that eight digits of base32 have (RFC 4648, section 6)."""


@dataclass(frozen=True, slots=True)
class Base32:
    """The small digits of a secret in base32, where other bytes may stand around it.

    The digits `before` and `after` these have bits of the secret and of its neighbours.
    """

    digits: str
    before: int
    after: int

    @classmethod
    def of(cls, secret: bytes, offset: int) -> "Base32":
        """The digits of a secret that stands `offset` bytes behind the begin of a group."""
        first, bits_before = divmod(8 * offset, 5)
        last, bits_after = divmod(8 * (offset + len(secret)), 5)
        before, after = int(bits_before > 0), int(bits_after > 0)
        digits = base64.b32encode(bytes(offset) + secret).decode().lower()
        return cls(digits[first + before : last], before, after)

    def places(self, text: str) -> Iterator[Span]:
        """Where the secret stands in a text of small letters."""
        for begin, end in places(text, self.digits):
            yield max(0, begin - self.before), min(len(text), end + self.after)


@lru_cache(maxsize=1000)
def in_base32(secret: str) -> tuple[Base32, ...]:
    """The secret at each place of a group; none for a secret that is too short."""
    data = as_bytes(secret).encode("latin-1")
    if len(data) < SECRET_MIN:
        return ()
    return tuple(Base32.of(data, offset) for offset in range(_GROUP))


@lru_cache(maxsize=1000)
def in_hex(secret: str) -> tuple[re.Pattern[str], ...]:
    """The secret's bytes in small hexadecimal digits, as dumps, quoted-printable and UTF-16 write
    them; none for a secret that is too short."""
    pairs = [f"{byte:02x}" for byte in as_bytes(secret).encode("latin-1")]
    if len(pairs) < SECRET_MIN:
        return ()
    return (re.compile(r"(?:00|[\s:=,-]|0x|\\x){0,4}".join(pairs)),)


def places(text: str, part: str) -> Iterator[Span]:
    """Where the part stands in the text, without overlaps."""
    at = text.find(part)
    while at >= 0:
        yield at, at + len(part)
        at = text.find(part, at + len(part))
