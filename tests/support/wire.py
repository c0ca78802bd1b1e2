"""The kept samples of all that crosses a wire, and what every one of them must survive."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel

MAPS = frozenset({"headers", "extensions", "mapping", "numbers"})
"""Fields whose own fields are not ours to name: every one of them is known."""
_TENANT = '"acme"'
"""Whose the samples are."""
_ID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def names(folder: Path) -> set[str]:
    """The names of the samples in a folder, which are the types they are samples of."""
    return {file.stem for file in folder.glob("*.json")}


def sample(folder: Path, name: str) -> dict[str, Any]:
    """One sample, as it was sent when its type was new."""
    loaded: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return loaded


def said_of(tenant: str, folder: Path, name: str) -> str:
    """The sample said of another tenant, with ids of its own."""
    own = json.dumps(sample(folder, name)).replace(_TENANT, f'"{tenant}"')
    return _ID.sub(lambda found: str(uuid5(UUID(found[0]), tenant)), own)


def with_unknown_fields(value: Any) -> Any:
    """The same JSON with a field nobody knows in each of its objects."""
    if isinstance(value, dict):
        known = {k: v if k in MAPS else with_unknown_fields(v) for k, v in value.items()}
        return known | {"added-later": {"by": 1}}
    return [with_unknown_fields(v) for v in value] if isinstance(value, list) else value


def holds(kept: Any, sent: Any) -> bool:
    """Whether `sent` still says all that `kept` says; it may have fields that are newer."""
    if isinstance(kept, dict):
        return isinstance(sent, dict) and all(k in sent and holds(kept[k], sent[k]) for k in kept)
    if isinstance(kept, list):
        same_length = isinstance(sent, list) and len(kept) == len(sent)
        return same_length and all(map(holds, kept, sent))
    return type(kept) is type(sent) and bool(kept == sent)


def assert_kept(model: type[BaseModel], kept: dict[str, Any]) -> None:
    """The sample parses, comes out as it went in, and bears fields nobody knows yet."""
    parsed = model.model_validate(kept)
    sent = parsed.model_dump_json()
    assert holds(kept, json.loads(sent)), sent
    assert model.model_validate_json(sent) == parsed
    assert model.model_validate(with_unknown_fields(kept)) == parsed
