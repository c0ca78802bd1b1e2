"""The port and credentials of a server, stored with its data and readable by its owner only."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from softphone_testing.servers.ports import free_port, is_free


@dataclass(frozen=True)
class Identity:
    """The values that clients keep over restarts: name, port, user and password."""

    name: str
    port: int
    user: str
    password: str

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The identity of the folder, or a new one. A port that is taken now is replaced."""
        file = folder / "identity.json"
        if file.exists():
            stored = cls(**json.loads(file.read_text()))
            if is_free(stored.port):
                return stored
            fresh = cls(stored.name, free_port(), stored.user, stored.password)
        else:
            name = f"softphone-{secrets.token_hex(4)}"
            fresh = cls(name, free_port(), "softphone", secrets.token_urlsafe(24))
        write_private(file, json.dumps(asdict(fresh)))
        return fresh


def write_private(file: Path, text: str, mode: int = 0o600) -> None:
    """Replaces the file in one step, with this mode from the first moment on."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as out:
        out.write(text)
    draft.replace(file)
