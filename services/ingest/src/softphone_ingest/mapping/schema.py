"""The schema of mappings: data that describes how the requests of one sender are read.

A preset is a mapping with a name. A device is a preset and the changes of one customer to it.
`docs/presets.md` documents every key for those who write mappings.
"""

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from softphone_common.contracts.problem_codes import invalid
from softphone_ingest.mapping.budget import (
    DECODE_MAX,
    LISTS_MAX,
    PATTERNS_MAX,
    ROWS_MAX,
    RULES_MAX,
    STORED,
    WORDS_MAX,
    Pattern,
    at_most,
    patterns_in,
)

Output = Literal[
    "event",
    "direction",
    "extension",
    "called",
    "number",
    "call_id",
    "linked_id",
    "name",
    "reason",
    "duration",
    "time",
]
"""The fields of an event. A mapping may define further fields, to refer to them from these."""

OUTPUTS = get_args(Output)
FIELDS_MAX = 40
"""Fields of one mapping. A chain of references is read recursively, so this limits the depth."""

SOURCES_MAX = 200
"""Sources of all fields together. One source may cost a search through the whole request."""

PLACES = frozenset(
    {"path", "query", "form", "json", "xml", "header", "line", "word", "any", "method", "client"}
)
"""First words of sources that name a place in the request. Any other first word names a field."""

MEMBER_PLACES = frozenset({"each", "outer"})
"""The member of the list `each`, and what is around it."""

Step = Literal[
    "trim", "percent", "base64", "json", "plus", "uri", "channel", "digits", "lower", "upper"
]
Scope = Literal["pbx", "shared", "device", "extension", "none"]
Source = Annotated[str, Field(min_length=1, max_length=120)]
Words = Annotated[tuple[str, ...], at_most(WORDS_MAX)]

SLOT = re.compile(r"\{([^{}]*)\}")
"""A source in a template such as `+{query.cc}{query.nn}`."""

_CONTENT_TYPES = (
    "text/plain",
    "application/json",
    "application/xml",
    "text/xml",
    "application/x-www-form-urlencoded",
)
# A reply has the origin of the page, so a type that browsers run (text/html, image/svg+xml) would
# let the author of a mapping run scripts there.


def _check_content_type(content_type: str) -> str:
    match = re.fullmatch(r"([^; ]*)( *; *charset=[\w-]+)?", content_type, re.ASCII | re.IGNORECASE)
    if content_type and (match is None or match[1].lower() not in _CONTENT_TYPES):
        raise invalid("content-type-refused", types=", ".join(_CONTENT_TYPES))
    return content_type


ContentType = Annotated[str, Field(max_length=100), AfterValidator(_check_content_type)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _with_lists(data: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The data with a list of one in place of each text at these keys."""
    return {**data, **{key: (data[key],) for key in keys if isinstance(data.get(key), str)}}


class Condition(_Part):
    """Requirements of one value. Texts are compared case-insensitively; `""` is an empty value."""

    # `is` and `not` are keywords of Python
    is_: Words | None = Field(None, alias="is")
    not_: Words | None = Field(None, alias="not")
    matches: Pattern | None = None
    own: bool | None = None
    """Whether the value must be one of the customer's own numbers or extensions."""

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, data: Any) -> Any:
        """A text or a list of texts stands for `is`, and one text for a list of one."""
        if isinstance(data, str | list | tuple):
            data = {"is": data}
        if not isinstance(data, dict):
            return data
        return _with_lists(data, "is", "not")

    def allows(self, low: str) -> bool:
        """Whether `is` and `not` hold for a text in lower case. `*` is any text with a sign."""
        listed, excluded = self._words
        if listed is not None and low not in listed and not ("*" in listed and low):
            return False
        return low not in excluded and not ("*" in excluded and low)

    @cached_property
    def _words(self) -> tuple[frozenset[str] | None, frozenset[str]]:
        listed = None if self.is_ is None else frozenset(text.casefold() for text in self.is_)
        return listed, frozenset(text.casefold() for text in self.not_ or ())


class Conditional(_Part):
    """A part of a mapping that is used only if all conditions in `when` hold."""

    when: Annotated[dict[Source, Condition], at_most(RULES_MAX)] = {}


class Rule(Conditional):
    """One way to the value of a field: the first source that is not empty, then `decode`,
    `pick` and `table`.

    `pick` keeps the first group of a pattern, or its whole match. `table` replaces the value; one
    that is in no row becomes empty, unless there is a row `*`.
    """

    sources: tuple[Source, ...] = Field((), alias="from")
    value: str | None = None
    decode: Annotated[tuple[Step, ...], at_most(DECODE_MAX)] = ()
    pick: Pattern | None = None
    table: Annotated[dict[str, str], at_most(ROWS_MAX)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, data: Any) -> Any:
        """A text stands for `from`; `from` and `decode` may be one text or a list."""
        if isinstance(data, str):
            return {"from": (data,)}
        return _with_lists(data, "from", "decode") if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _check_origin(self) -> "Rule":
        if bool(self.sources) == (self.value is not None):
            raise invalid("rule-empty")
        return self

    def in_table(self, text: str) -> str:
        """The value of the text's row; the text itself if the rule has no table."""
        if self.table is None:
            return text
        low = text.strip().casefold()
        return self._rows.get(low, self.table.get("*", "") if low else "")

    @cached_property
    def _rows(self) -> dict[str, str]:
        # the first of two rows that differ in their case only
        rows = reversed(list((self.table or {}).items()))
        return {row.casefold(): value for row, value in rows}


class ReplyTemplate(Conditional):
    """A reply to the sender. In `body`, `{base}` is the device's URL and `{call_id}` our call."""

    status: int = Field(200, ge=200, le=299)
    content_type: ContentType = ""
    body: str = Field("", max_length=2000)


class Verification(_Part):
    """How a sender proves that it has the device's secret."""

    method: Literal["hmac", "equal", "basic"]
    source: Source = Field("header.Authorization", alias="in")
    hash: Literal["sha256", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    over: str = Field("body", min_length=1, max_length=300)
    """`body`, `url-and-form`, or a template with `{body}`, `{url}` and sources of the request."""

    @model_validator(mode="after")
    def _check_over(self) -> "Verification":
        if self.over not in {"body", "url-and-form"} and not is_well_formed(self.over):
            raise invalid("template-invalid", "over", source=self.over)
        return self

    @property
    def signed_sources(self) -> list[str]:
        """The sources of the template, without those that only a signature can cover."""
        found = slots(self.over) if is_template(self.over) else []
        return [source for source in found if source not in {"body", "url"}]


class Mapping(_Part):
    """How all requests of one sender are read."""

    fields: dict[str, Annotated[tuple[Rule, ...], at_most(RULES_MAX)]] = Field(
        {}, max_length=FIELDS_MAX
    )
    each: Annotated[tuple[Source, ...], at_most(LISTS_MAX)] = ()
    """Sources of lists. Each member of the first list that has any is one event; in its fields the
    source `each` is the member."""
    empty_number: Literal["withheld", "missing"] = "missing"
    require: tuple[Output, ...] = ()
    """Outputs that must not be empty. A number may be empty, but its source must be present."""
    scope: Scope = "pbx"
    """Where an id of a call is unique. `pbx`: in the telephone system that the device reports;
    `shared`: in one that several devices report, which an administrator has to choose for each;
    `none`: ids do not tell calls apart."""
    separator: str = Field(";", min_length=1, max_length=3)
    """Splits a text body into `line.0`, `line.1` and so on."""
    answers: Annotated[tuple[ReplyTemplate, ...], at_most(RULES_MAX)] = ()
    """The first whose conditions hold is sent; if none does, the sender gets our own reply."""
    verify: Verification | None = None

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, data: Any, info: ValidationInfo) -> Any:
        """A rule or a source may stand for a list of one."""
        if not isinstance(data, dict):
            return data
        fields = data.get("fields", {})
        if isinstance(fields, dict):
            if info.context is not STORED and len(set(patterns_in(data))) > PATTERNS_MAX:
                raise invalid("patterns-too-many", "fields", limit=PATTERNS_MAX)
            lists = {k: [v] if isinstance(v, str | dict) else v for k, v in fields.items()}
            data = {**data, "fields": lists}
        return _with_lists(data, "each", "require")

    @model_validator(mode="after")
    def _check_references(self) -> "Mapping":
        acyclic: set[str] = set()
        for name in self.fields:
            if name in PLACES or name in MEMBER_PLACES:
                raise invalid("field-name-reserved", f"fields.{name}")
            for position, rule in enumerate(self.fields[name]):
                where = f"fields.{name}.{position}"
                self._check_sources(f"{where}.from", rule.sources)
                self._check_sources(f"{where}.when", rule.when)
            self._check_cycle(name, (), acyclic)
        if sum(len(self._sources(name)) for name in self.fields) > SOURCES_MAX:
            raise invalid("sources-too-many", "fields", limit=SOURCES_MAX)
        self._check_sources("each", self.each)
        for position, template in enumerate(self.answers):
            self._check_sources(f"answers.{position}.when", template.when)
        if self.verify is not None:
            self._check_sources("verify.in", (self.verify.source,))
            self._check_sources("verify.over", self.verify.signed_sources)
        return self

    def varies(self, source: str) -> bool:
        """Whether a source or a field has another value for each member of the list `each`."""
        if "{" in source:
            return any(self.varies(slot) for slot in slots(source))
        head = source.partition(".")[0]
        return head in self._varying

    @cached_property
    def _varying(self) -> frozenset[str]:
        heads = {n: {source.partition(".")[0] for source in self._sources(n)} for n in self.fields}
        found = {*MEMBER_PLACES}
        # each pass adds the fields that name one of those before
        while more := {name for name in heads.keys() - found if heads[name] & found}:
            found |= more
        return frozenset(found)

    def _check_sources(self, where: str, sources: Iterable[str]) -> None:
        for source in sources:
            if is_template(source) and not is_well_formed(source):
                raise invalid("template-invalid", where, source=source)
            for slot in slots(source):
                head = slot.partition(".")[0]
                if head not in {*PLACES, *MEMBER_PLACES, *self.fields, *OUTPUTS}:
                    raise invalid("source-unknown", where, source=slot)

    def _sources(self, field: str) -> list[str]:
        rules = self.fields.get(field, ())
        sources = (source for rule in rules for source in (*rule.sources, *rule.when))
        return [slot for source in sources for slot in slots(source)]

    def _check_cycle(self, field: str, path: tuple[str, ...], acyclic: set[str]) -> None:
        """Refuses a field that refers to itself, directly or through others."""
        if field in path:
            raise invalid("field-circular", f"fields.{field}")
        # without this memory the walk is exponential in the number of fields
        if field in acyclic:
            return
        for source in self._sources(field):
            self._check_cycle(source.partition(".")[0], (*path, field), acyclic)
        acyclic.add(field)


def is_template(source: str) -> bool:
    """Whether a source is a template. Braces are part of no name that a sender uses."""
    return "{" in source or "}" in source


def slots(template: str) -> list[str]:
    """The sources in a template; the source itself if it is none."""
    return SLOT.findall(template) if is_template(template) else [template]


def is_well_formed(template: str) -> bool:
    """Whether each brace belongs to a source that is not empty, and there is one."""
    return (
        bool(SLOT.search(template))
        and not re.search(r"[{}]|^$", SLOT.sub("x", template))
        and (all(slots(template)))
    )


def fill(template: str, text_at: Callable[[str], str]) -> str:
    """The template with the texts of its sources; empty if one of them is.

    A number that lacks a part is another number, so there is no half of a template.
    """
    texts = {source: text_at(source) for source in slots(template)}
    if not all(text.strip() for text in texts.values()):
        return ""
    return SLOT.sub(lambda match: texts[match[1]], template)
