"""The schema of mappings: data that describes how the requests of one sender are read.

A preset is a mapping with a name. A device is a preset and the changes of one customer to it.
`docs/presets.md` documents every key for those who write mappings.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from softphone_common.contracts.problem_codes import invalid
from softphone_ingest.mapping.regex import Pattern

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

Step = Literal[
    "trim", "percent", "base64", "json", "plus", "uri", "channel", "digits", "lower", "upper"
]
Scope = Literal["pbx", "device", "extension", "none"]
Source = Annotated[str, Field(min_length=1, max_length=120)]

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


class Condition(_Part):
    """Requirements of one value. Texts are compared case-insensitively; `""` is an empty value."""

    # `is` and `not` are keywords of Python
    is_: tuple[str, ...] | None = Field(None, alias="is")
    not_: tuple[str, ...] | None = Field(None, alias="not")
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
        lists = {key: (data[key],) for key in ("is", "not") if isinstance(data.get(key), str)}
        return {**data, **lists}


class Conditional(_Part):
    """A part of a mapping that is used only if all conditions in `when` hold."""

    when: dict[Source, Condition] = {}


class Rule(Conditional):
    """One way to the value of a field: the first source that is not empty, then `decode`,
    `pick` and `table`.

    `pick` keeps the first group of a pattern, or its whole match. `table` replaces the value; one
    that is in no row becomes empty, unless there is a row `*`.
    """

    sources: tuple[Source, ...] = Field((), alias="from")
    value: str | None = None
    decode: tuple[Step, ...] = ()
    pick: Pattern | None = None
    table: dict[str, str] | None = None

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, data: Any) -> Any:
        """A text stands for `from`; `from` may be one text or a list."""
        if isinstance(data, str):
            return {"from": (data,)}
        if isinstance(data, dict) and isinstance(data.get("from"), str):
            return {**data, "from": (data["from"],)}
        return data

    @model_validator(mode="after")
    def _check_origin(self) -> "Rule":
        if bool(self.sources) == (self.value is not None):
            raise invalid("rule-empty")
        return self


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
    over: Literal["body", "url-and-form"] = "body"


class Mapping(_Part):
    """How all requests of one sender are read."""

    fields: dict[str, tuple[Rule, ...]] = Field({}, max_length=FIELDS_MAX)
    each: tuple[Source, ...] = ()
    """Sources of lists. Each member of the first list that has any is one event; in its fields the
    source `each` is the member."""
    empty_number: Literal["withheld", "missing"] = "missing"
    require: tuple[Output, ...] = ()
    """Outputs that must not be empty. A number may be empty, but its source must be present."""
    scope: Scope = "pbx"
    """Where an id of a call is unique. `none`: ids do not tell calls apart."""
    separator: str = Field(";", min_length=1, max_length=3)
    """Splits a text body into `line.0`, `line.1` and so on."""
    answers: tuple[ReplyTemplate, ...] = ()
    """The first whose conditions hold is sent; if none does, the sender gets our own reply."""
    verify: Verification | None = None

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, data: Any) -> Any:
        """A rule or a source may stand for a list of one."""
        if not isinstance(data, dict):
            return data
        fields = data.get("fields", {})
        if isinstance(fields, dict):
            lists = {k: [v] if isinstance(v, str | dict) else v for k, v in fields.items()}
            data = {**data, "fields": lists}
        if isinstance(data.get("each"), str):
            data = {**data, "each": (data["each"],)}
        return data

    @model_validator(mode="after")
    def _check_references(self) -> "Mapping":
        acyclic: set[str] = set()
        for name in self.fields:
            if name in PLACES or name == "each":
                raise invalid("field-name-reserved", name=name)
            self._check_sources(f"fields.{name}", self._sources(name))
            self._check_cycle(name, (), acyclic)
        if sum(len(self._sources(name)) for name in self.fields) > SOURCES_MAX:
            raise invalid("sources-too-many", limit=SOURCES_MAX)
        self._check_sources("each", self.each)
        for template in self.answers:
            self._check_sources("answers", template.when)
        if self.verify is not None:
            self._check_sources("verify", (self.verify.source,))
        return self

    def _check_sources(self, where: str, sources: Iterable[str]) -> None:
        for source in sources:
            head = source.partition(".")[0]
            if head not in PLACES and head != "each" and head not in {*self.fields, *OUTPUTS}:
                raise invalid("source-unknown", where=where, source=source)

    def _sources(self, field: str) -> list[str]:
        rules = self.fields.get(field, ())
        return [source for rule in rules for source in (*rule.sources, *rule.when)]

    def _check_cycle(self, field: str, path: tuple[str, ...], acyclic: set[str]) -> None:
        """Refuses a field that refers to itself, directly or through others."""
        if field in path:
            raise invalid("field-circular", name=field)
        # without this memory the walk is exponential in the number of fields
        if field in acyclic:
            return
        for source in self._sources(field):
            self._check_cycle(source.partition(".")[0], (*path, field), acyclic)
        acyclic.add(field)


def merge(mapping: dict[str, Any], changes: dict[str, Any]) -> Mapping:
    """The mapping of a preset with the changes of a device.

    `fields` are replaced one by one, other keys as a whole. A field that is null is removed.
    Raises pydantic's ValidationError if the result is no mapping.
    """
    changed_fields = changes.get("fields", {})
    # validated without the preset, so that the error names the wrong type of `fields`
    if not isinstance(changed_fields, dict):
        return Mapping.model_validate(changes)
    fields = {**mapping.get("fields", {}), **changed_fields}
    kept = {name: rules for name, rules in fields.items() if rules is not None}
    return Mapping.model_validate({**mapping, **changes, "fields": kept})
