"""The terms by which a record is listed: of its words, of its numbers, and of filters."""

from collections.abc import Iterable, Mapping
from typing import Any

from softphone_common.domain.numbers.plan import is_country_code
from softphone_common.domain.numbers.text import only_digits
from softphone_common.domain.records.visibility import Sharing, sights_of
from softphone_common.search.keys import RUN_MAX, number_parts, text_keys

TERMS_VERSION = 3
"""Part of the reading of a record: one with another version gets new terms."""
TERMS_MAX = 500
"""Terms of one record."""
_FACETS = ("type", "source", "owner")
SHARING = ("visible_to", "owner", "team")
"""The fields of a record that say who sees it."""


def terms_of(fields: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """The terms of a record with these fields and E.164 numbers, at most `TERMS_MAX`."""
    facets = [facet(name, value) for name in _FACETS if (value := fields.get(name))]
    facets += [facet("tag", tag) for tag in fields.get("tags", ())]
    facets += sight_terms(sights_of(sharing_of(fields)))
    texts = (fields["name"], fields.get("organization", ""), *fields.get("emails", ()))
    words = (key for text in texts for key in text_keys(text))
    dialled = [each for key in keys for each in (key[1:], f"0{_national(key[1:])}")]
    # as they are written, too: a number that can't be read has no E.164
    written = (only_digits(number["number"])[:RUN_MAX] for number in fields["numbers"])
    numbers = (key for digits in (*dialled, *written) for key in number_parts(digits))
    return list(dict.fromkeys([*facets, *words, *numbers]))[:TERMS_MAX]


def facet(name: str, value: str) -> str:
    """The term of a field that lists are filtered by; no word and no number has its sign."""
    return f"={name}:{value}"


def sharing_of(fields: Mapping[str, Any]) -> Sharing:
    """Who sees a record with these fields; earlier releases store no such field."""
    return Sharing(**{name: fields[name] for name in SHARING if name in fields})


def sight_terms(sights: Iterable[str]) -> list[str]:
    """The terms of those who see a record."""
    return [facet("see", sight) for sight in sights]


def _national(digits: str) -> str:
    """The digits of an E.164 number behind its country code."""
    return next((digits[n:] for n in (1, 2, 3) if is_country_code(digits[:n])), digits)
