"""The link that hands a number to a softphone, and the format of the number in the link."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from softphone_common.contracts.problem_codes import invalid
from softphone_common.domain.numbers.dial_format import DialFormat

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.I)
_UNSAFE_SCHEMES = frozenset({"javascript", "data", "vbscript", "blob", "file"})
"""Schemes that run code or read files in the browser; the page refuses them too."""


def _dialable(link: str) -> str:
    scheme = _SCHEME.match(link)
    # Browsers strip blanks around a URL and line breaks inside it before they look at the scheme
    # (WHATWG URL standard, basic URL parser), so `java\nscript:` would run.
    plain = link.isprintable() and " " not in link
    dials = scheme is not None and scheme[1].lower() not in _UNSAFE_SCHEMES
    if not plain or not dials or "{number}" not in link:
        raise invalid("dial-link-invalid")
    return link


def _with_one_number(link: str) -> str:
    if link.count("{number}") != 1:
        raise invalid("dial-link-invalid")
    return link


Link = Annotated[str, Field(max_length=300), AfterValidator(_dialable)]
"""A link as it is stored; earlier versions stored links that have the number twice."""
CheckedLink = Annotated[Link, AfterValidator(_with_one_number)]


class DialLink(BaseModel):
    """A link with `{number}` in it, such as `tel:{number}` or `http://localhost:61234?n={number}`.

    `{ext}`, which may be in it too, is the extension to dial after the answer.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    link: Link = "tel:{number}"
    spelling: DialFormat = "e164"


class CheckedDialLink(DialLink):
    """A dial link as it comes in, with exactly one number."""

    link: CheckedLink = "tel:{number}"
