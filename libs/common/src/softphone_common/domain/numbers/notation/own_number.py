"""The codes that hide or show the caller's own number for one call."""

import re

_CODE = re.compile(
    r"\s*([*#]31#|\*(?:67|82)(?=[\s.,-]*[+0-9(](?:[^0-9*]*[0-9]){6}))[\s.,-]*(?=.)", re.S
)
"""GSM's `*31#` and `#31#` (3GPP TS 22.030); `*67` and `*82` of North America, where 7 digits or
more follow: `*67*...` is a code of its own elsewhere."""


def split_own_number_code(text: str) -> tuple[str, str]:
    """The code, empty if there is none, and the text behind it."""
    match = _CODE.match(text)
    return (match[1], text[match.end() :]) if match else ("", text)
