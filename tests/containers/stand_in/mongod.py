"""Starts SecantusDB as the only member of the replica set that the services expect."""

import sys
import tempfile
from typing import Any

from secantus import cli  # type: ignore[import-not-found]

Server = cli.SecantusDBServer


def member(**options: Any) -> Any:
    """The server under the name of our replica set, which no option of SecantusDB changes."""
    return Server(**{**options, "replica_set_name": "softphone"})


if __name__ == "__main__":
    cli.SecantusDBServer = member
    with tempfile.NamedTemporaryFile(suffix=".toml") as empty:  # so that no other file applies
        sys.exit(cli.main(["--config", empty.name, *sys.argv[1:]]))
