"""A preset as its file says it, and all of them; knows no vendor by name."""

import tomllib
from collections.abc import Mapping as ReadOnly
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from softphone_common.contracts.dial_link import DialLink
from softphone_common.contracts.entities import PRESET_PATTERN
from softphone_common.domain.numbers.normalise import NumberProfile, changed
from softphone_ingest.mapping.schema import Mapping

Kind = Literal["generic", "phone", "softphone", "pbx", "cloud"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Part):
    """The same in German and in English."""

    de: str
    en: str


class Paste(_Part):
    """One thing to paste into the sender's settings.

    `url` holds the sender's own placeholders and ours: `{base}`, the device's URL with its key, and
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


class Preset(_Part):
    """A make of sender: how to set it up and how to read it."""

    id: str = Field(pattern=PRESET_PATTERN)
    title: str
    kind: Kind
    about: Text
    notes: tuple[Text, ...] = ()
    paste: tuple[Paste, ...] = Field(min_length=1)
    paste_max: int | None = Field(None, ge=100)
    """Characters that fit into the sender's setting."""
    secret: Text | None = None
    """What the sender calls the secret it signs with, where it has one."""
    numbers: dict[str, Any] = {}
    """What of the tenant's number profile is otherwise at this sender."""
    dial: DialLink | None = None
    mapping: dict[str, Any]

    @model_validator(mode="after")
    def _is_whole(self) -> "Preset":
        Mapping.model_validate(self.mapping)
        changed(NumberProfile(), self.numbers)
        return self


def load(text: str) -> Preset:
    """The preset in this file. Raises ValueError naming what is wrong."""
    return Preset.model_validate(tomllib.loads(text))


def load_all() -> ReadOnly[str, Preset]:
    """Every preset that came with the product, by id."""
    found = [
        load(file.read_text(encoding="utf-8"))
        for file in files("softphone_ingest.mapping.presets").iterdir()
        if file.name.endswith(".toml")
    ]
    return {preset.id: preset for preset in sorted(found, key=lambda preset: preset.id)}
