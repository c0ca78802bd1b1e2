"""Stored samples of every message and frame, and the checks that each must pass."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel

MAPS = frozenset({"headers", "extensions", "mapping", "numbers"})
"""Fields with free keys, in which a new key is not an unknown field."""
_TENANT = '"acme"'
"""The tenant that the samples belong to."""
_ID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def names(folder: Path) -> set[str]:
    """The types of which the folder has samples."""
    return {file.stem for file in folder.glob("*.json")}


def sample(folder: Path, name: str) -> dict[str, Any]:
    """One sample, as the first release with its type sent it."""
    loaded: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return loaded


def sample_for(tenant: str, folder: Path, name: str) -> str:
    """The sample as text, for another tenant and with other ids."""
    own = json.dumps(sample(folder, name)).replace(_TENANT, f'"{tenant}"')
    return _ID.sub(lambda match: str(uuid5(UUID(match[0]), tenant)), own)


def with_unknown_fields(value: Any) -> Any:
    """A copy of the JSON value with an unknown field added to each object."""
    if isinstance(value, dict):
        copy = {k: v if k in MAPS else with_unknown_fields(v) for k, v in value.items()}
        return copy | {"added-later": {"by": 1}}
    return [with_unknown_fields(v) for v in value] if isinstance(value, list) else value


def holds(kept: Any, sent: Any) -> bool:
    """Whether `sent` contains everything in `kept`; newer fields are allowed."""
    if isinstance(kept, dict):
        return isinstance(sent, dict) and all(k in sent and holds(kept[k], sent[k]) for k in kept)
    if isinstance(kept, list):
        same_length = isinstance(sent, list) and len(kept) == len(sent)
        return same_length and all(map(holds, kept, sent))
    return type(kept) is type(sent) and bool(kept == sent)


def assert_kept(model: type[BaseModel], kept: dict[str, Any]) -> None:
    """Asserts that the model reads the sample, writes it back, and ignores unknown fields."""
    parsed = model.model_validate(kept)
    sent = parsed.model_dump_json()
    assert holds(kept, json.loads(sent)), sent
    assert model.model_validate_json(sent) == parsed
    assert model.model_validate(with_unknown_fields(kept)) == parsed
