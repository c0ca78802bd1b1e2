"""How a number is handed to a softphone: a link, and the spelling of the number in it."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from softphone_common.contracts.problem_codes import invalid
from softphone_common.domain.numbers.dial_format import DialFormat

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.I)
_RUNS_OR_READS = frozenset({"javascript", "data", "vbscript", "blob", "file"})
"""The page refuses them too."""


def _dialable(link: str) -> str:
    scheme = _SCHEME.match(link)
    # a browser reads a scheme past blanks before it and line breaks in it
    plain = link.isprintable() and " " not in link
    dials = scheme is not None and scheme[1].lower() not in _RUNS_OR_READS
    if not plain or not dials or "{number}" not in link:
        raise invalid("dial-link-invalid")
    return link


Link = Annotated[str, Field(max_length=300), AfterValidator(_dialable)]


class DialLink(BaseModel):
    """A link with `{number}` in it, such as `tel:{number}` or `http://localhost:61234?n={number}`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    link: Link = "tel:{number}"
    spelling: DialFormat = "e164"
