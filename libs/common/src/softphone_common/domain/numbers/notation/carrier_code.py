"""The place for a carrier's code that Brazil writes in front of an area code: `(0xx11)`."""

import re

from softphone_common.domain.numbers.notation.containers import NO_NUMBER

_MASKED = re.compile(
    r"(?P<country>\s*(?:\+|00)?\s*\(?55\)?[\s./-]*)?"
    r"\(?\s*(?:\(?0\)?)?[\s+]*\(?(?:xx|\*\*|--)\)?[\s+]*\(?(?P<area>[1-9][0-9])[\s)+./-]*"
    r"(?=(?:9\s?)?[0-9]{4}[\s.-]?[0-9]{4}(?![0-9]))",
    re.I,
)


def strip_carrier_code(text: str, region: str) -> str:
    """The text with the area code alone; NO_NUMBER where it may not be one of Brazil."""
    match = _MASKED.match(text)
    if match is None:
        return text
    rest = f"{match['area']} {text[match.end() :]}"
    if match["country"]:
        return f"+55 {rest}"
    return rest if region == "BR" else NO_NUMBER
