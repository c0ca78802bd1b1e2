"""What a mapping may say: how a sender's request is to be read, as data; reads nothing itself.

A preset is a mapping with a name; a device is a preset and what it changes of it. `docs/presets.md`
explains every word for those who write one.
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
"""The fields a request is read into; a mapping may name more of its own, to refer to them."""

OUTPUTS = get_args(Output)
FIELDS_MAX = 40
"""Each may refer to the next, and is then read some calls deeper."""

SOURCES_MAX = 200
"""Of all fields; each may have to be looked for in the whole of a request."""

PLACES = frozenset(
    {"path", "query", "form", "json", "xml", "header", "line", "word", "any", "method", "client"}
)
"""Where a source may look in a request; any other first word refers to a field of the mapping."""

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
"""What senders read. Browsers open answers too, and of these they make no page of ours."""


def _no_page(content_type: str) -> str:
    found = re.fullmatch(r"([^; ]*)( *; *charset=[\w-]+)?", content_type, re.ASCII | re.IGNORECASE)
    if content_type and (found is None or found[1].lower() not in _CONTENT_TYPES):
        raise invalid("content-type-refused", types=", ".join(_CONTENT_TYPES))
    return content_type


ContentType = Annotated[str, Field(max_length=100), AfterValidator(_no_page)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Condition(_Part):
    """What a value must be; texts are compared without regard to case, `""` is an empty value."""

    is_: tuple[str, ...] | None = Field(None, alias="is")
    not_: tuple[str, ...] | None = Field(None, alias="not")
    matches: Pattern | None = None
    own: bool | None = None
    """Whether it is one of our own numbers or extensions."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        """A text or a list of texts stands for `is`, and one text for a list of one."""
        if isinstance(given, str | list | tuple):
            given = {"is": given}
        if not isinstance(given, dict):
            return given
        lists = {word: (given[word],) for word in ("is", "not") if isinstance(given.get(word), str)}
        return {**given, **lists}


class Conditional(_Part):
    """Something that holds if all of `when` do."""

    when: dict[Source, Condition] = {}


class Rule(Conditional):
    """One way to a field's value: the first source that is not empty, decoded step by step.

    `pick` keeps the first group of a regular expression (or all it matched), `table` replaces the
    value; a value in no row of the table is none, unless there is a row `*`.
    """

    sources: tuple[Source, ...] = Field((), alias="from")
    value: str | None = None
    decode: tuple[Step, ...] = ()
    pick: Pattern | None = None
    table: dict[str, str] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        """A text stands for `from`; `from` may be one text or a list."""
        if isinstance(given, str):
            return {"from": (given,)}
        if isinstance(given, dict) and isinstance(given.get("from"), str):
            return {**given, "from": (given["from"],)}
        return given

    @model_validator(mode="after")
    def _says_something(self) -> "Rule":
        if bool(self.sources) == (self.value is not None):
            raise invalid("rule-empty")
        return self


class Answer(Conditional):
    """What the sender is told. `{base}` in the body is the device's URL, `{call_id}` our call."""

    status: int = Field(200, ge=200, le=299)
    content_type: ContentType = ""
    body: str = Field("", max_length=2000)


class Verification(_Part):
    """How a sender proves that it knows the device's secret."""

    method: Literal["hmac", "equal", "basic"]
    source: Source = Field("header.Authorization", alias="in")
    hash: Literal["sha256", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    over: Literal["body", "url-and-form"] = "body"


class Mapping(_Part):
    """How all requests of one sender are read."""

    fields: dict[str, tuple[Rule, ...]] = Field({}, max_length=FIELDS_MAX)
    each: tuple[Source, ...] = ()
    """Lists of which every member is an event of its own; in it the source `each` is the member."""
    empty_number: Literal["withheld", "missing"] = "missing"
    require: tuple[Output, ...] = ()
    """Outputs that must be there; of a number at least its source, if only empty."""
    scope: Scope = "pbx"
    """What a call id is unique in; `none`: it tells no calls apart."""
    separator: str = Field(";", min_length=1, max_length=3)
    """Parts a text body into `line.0`, `line.1` and so on."""
    answers: tuple[Answer, ...] = ()
    verify: Verification | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        """A rule or a source may stand where a list of one is meant."""
        if not isinstance(given, dict):
            return given
        fields = given.get("fields", {})
        if isinstance(fields, dict):
            listed = {k: [v] if isinstance(v, str | dict) else v for k, v in fields.items()}
            given = {**given, "fields": listed}
        if isinstance(given.get("each"), str):
            given = {**given, "each": (given["each"],)}
        return given

    @model_validator(mode="after")
    def _refers_to_something(self) -> "Mapping":
        clear: set[str] = set()
        for name in self.fields:
            if name in PLACES or name == "each":
                raise invalid("field-name-reserved", name=name)
            self._check(f"fields.{name}", self._sources(name))
            self._follow(name, (), clear)
        if sum(len(self._sources(name)) for name in self.fields) > SOURCES_MAX:
            raise invalid("sources-too-many", limit=SOURCES_MAX)
        self._check("each", self.each)
        for answer in self.answers:
            self._check("answers", answer.when)
        if self.verify is not None:
            self._check("verify", (self.verify.source,))
        return self

    def _check(self, where: str, sources: Iterable[str]) -> None:
        for source in sources:
            head = source.partition(".")[0]
            if head not in PLACES and head != "each" and head not in {*self.fields, *OUTPUTS}:
                raise invalid("source-unknown", where=where, source=source)

    def _sources(self, field: str) -> list[str]:
        rules = self.fields.get(field, ())
        return [source for rule in rules for source in (*rule.sources, *rule.when)]

    def _follow(self, field: str, way: tuple[str, ...], clear: set[str]) -> None:
        """Raises the error of a field that must be read to read itself."""
        if field in way:
            raise invalid("field-circular", name=field)
        if field in clear:
            return
        for source in self._sources(field):
            self._follow(source.partition(".")[0], (*way, field), clear)
        clear.add(field)


def changed(mapping: dict[str, Any], changes: dict[str, Any]) -> Mapping:
    """The mapping with these changes: field by field, and otherwise word by word.

    Raises pydantic's ValidationError for what is none. A field that is null is taken away.
    """
    new = changes.get("fields", {})
    if not isinstance(new, dict):
        return Mapping.model_validate(changes)
    fields = {**mapping.get("fields", {}), **new}
    kept = {name: rules for name, rules in fields.items() if rules is not None}
    return Mapping.model_validate({**mapping, **changes, "fields": kept})
