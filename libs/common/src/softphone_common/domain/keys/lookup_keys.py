"""The keys that a call asks for. It has few, so that one query by equality finds its records."""

from collections.abc import Iterable
from typing import Literal

from softphone_common.domain.keys.direct_lines import keys_of_direct_line

Basis = Literal["number", "range", "main-number", "last-digits"]
"""By which of its keys a record was found."""

BASES: tuple[Basis, ...] = ("number", "range", "main-number", "last-digits")
"""The surest first."""
_LAST_DIGITS = "~"
LAST_DIGITS_MIN, LAST_DIGITS_MAX = 6, 9


def is_number(key: str) -> bool:
    """Whether a key is an E.164 number, and not one of direct lines or of last digits."""
    return key.startswith("+") and key[1:].isdecimal()


def is_of_last_digits(key: str) -> bool:
    """Whether a key is one of last digits."""
    return key.startswith(_LAST_DIGITS)


def keys_of_call(e164: str) -> dict[str, Basis]:
    """The keys that find the records of a call with this number, the surest first."""
    keys: dict[str, Basis] = {e164: "number"}
    ranges, main_numbers = keys_of_direct_line(e164)
    keys.update(dict.fromkeys(ranges, "range"))
    keys.update(dict.fromkeys(main_numbers, "main-number"))
    for digits in range(LAST_DIGITS_MIN, LAST_DIGITS_MAX + 1):
        keys.update(dict.fromkeys(last_digits_keys((e164,), digits), "last-digits"))
    return keys


def last_digits_keys(numbers: Iterable[str], digits: int) -> tuple[str, ...]:
    """The keys of the last digits of these E.164 numbers, which have more; none for 0 digits.

    They are keys of the records of a tenant that wants them: `~9998001` for 7 digits.
    """
    longer = (number for number in numbers if digits and len(number) > digits + 1)
    return tuple(dict.fromkeys(f"{_LAST_DIGITS}{number[-digits:]}" for number in longer))
