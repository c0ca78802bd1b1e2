"""The schema of preset files, and the loader for those of the product."""

import tomllib
from collections.abc import Mapping as ReadOnly
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from softphone_common.contracts.dial_link import DialLink
from softphone_common.contracts.entities import PRESET_PATTERN
from softphone_common.domain.numbers.profile import NumberProfile, merge_profile
from softphone_ingest.mapping.schema import Mapping

Kind = Literal["generic", "phone", "softphone", "pbx", "cloud"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Part):
    """One text in German and in English."""

    de: str
    en: str


class Paste(_Part):
    """One line to paste into the sender's settings.

    `url` has the sender's own placeholders and ours: `{base}`, the device's URL with its key, and
    `{extension}`. `line` is a whole command with `{url}` in it, for senders that start a program.
    `label` is the sender's own name of the setting.
    """

    label: str
    events: tuple[str, ...]
    method: Literal["GET", "POST"] = "GET"
    url: str = Field(pattern=r"^\{base\}")
    line: str = "{url}"
    content_type: str = ""
    body: str = ""

    @model_validator(mode="after")
    def _has_url(self) -> "Paste":
        if "{url}" not in self.line:
            raise ValueError("line must have {url} in it")
        return self


class Proof(_Part):
    """How far a preset is proven, and the limits known of its sender.

    `documented`: the maker's documents describe its requests. `recorded`: tests have requests of
    the sender. `run`: a test runs the real program.
    """

    grade: Literal["documented", "recorded", "run"]
    limits: tuple[Text, ...] = ()


class Preset(_Part):
    """One make of sender: how it is set up, and how its requests are read."""

    id: str = Field(pattern=PRESET_PATTERN)
    title: str
    aliases: tuple[str, ...] = ()
    """Other names under which the same sender is sold; the page finds the preset by them."""
    kind: Kind
    about: Text
    proof: Proof = Proof(grade="documented")
    notes: tuple[Text, ...] = ()
    paste: tuple[Paste, ...] = Field(min_length=1)
    ring: str = ""
    """A request of this sender for an incoming call, as HTTP/1.1, with `{extension}` and
    `{call_id}`. Test calls send it. Its number is reserved for fiction."""
    pop: str = ""
    """The query of the page of the caller, for senders that can open a page in a browser."""
    paste_max: int | None = Field(None, ge=100)
    """Characters the sender's setting can hold."""
    secret: Text | None = None
    """The sender's name for the secret that it signs with; None if it does not sign."""
    numbers: dict[str, Any] = {}
    """Fields of the number profile that this sender needs, in place of the tenant's."""
    dial: DialLink | None = None
    mapping: dict[str, Any]

    @model_validator(mode="after")
    def _is_whole(self) -> "Preset":
        # kept as data, since devices merge their changes into it before it is validated again
        Mapping.model_validate(self.mapping)
        merge_profile(NumberProfile(), self.numbers)
        return self


def load(text: str) -> Preset:
    """Parses a preset file. Raises ValueError naming the fields that are wrong."""
    return Preset.model_validate(tomllib.loads(text))


def load_all() -> ReadOnly[str, Preset]:
    """All presets of the product by id, in the order of their ids."""
    presets = [
        load(file.read_text(encoding="utf-8"))
        for file in files("softphone_ingest.mapping.presets").iterdir()
        if file.name.endswith(".toml")
    ]
    return {preset.id: preset for preset in sorted(presets, key=lambda preset: preset.id)}
