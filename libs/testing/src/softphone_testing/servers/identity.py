"""A server's port and credentials, kept beside its data; never readable by other users."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from softphone_testing.servers.ports import free_port, is_free


@dataclass(frozen=True)
class Identity:
    """What has to stay the same over restarts for clients to find and enter the server."""

    name: str
    port: int
    user: str
    password: str

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The folder's identity, new if it has none; a port taken meanwhile is replaced."""
        file = folder / "identity.json"
        if file.exists():
            kept = cls(**json.loads(file.read_text()))
            if is_free(kept.port):
                return kept
            fresh = cls(kept.name, free_port(), kept.user, kept.password)
        else:
            name = f"softphone-{secrets.token_hex(4)}"
            fresh = cls(name, free_port(), "softphone", secrets.token_urlsafe(24))
        write_private(file, json.dumps(asdict(fresh)))
        return fresh


def write_private(file: Path, text: str, mode: int = 0o600) -> None:
    """Replace the file in one step; nobody else can read it at any moment."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as out:
        out.write(text)
    draft.replace(file)
