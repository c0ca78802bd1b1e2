"""How a number is handed to a softphone: a link, and the spelling of the number in it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Spelling = Literal["e164", "international", "national", "outside"]
"""`+4989...`, `004989...`, `089...`, or as dialled from a desk: with the outside-line prefix."""


def _dialable(link: str) -> str:
    scheme = link.partition(":")[0].lower()
    # a browser reads a scheme past blanks before it and line breaks in it
    plain = link.isprintable() and " " not in link
    if not plain or "{number}" not in link or scheme in {"javascript", "data", "vbscript"}:
        raise ValueError("must be a link with {number} in it, such as tel:{number}")
    return link


Link = Annotated[str, Field(max_length=300), AfterValidator(_dialable)]


class DialLink(BaseModel):
    """A link with `{number}` in it, such as `tel:{number}` or `http://localhost:61234?n={number}`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    link: Link = "tel:{number}"
    spelling: Spelling = "e164"
