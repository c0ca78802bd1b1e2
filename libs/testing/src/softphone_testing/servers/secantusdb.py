"""Installs SecantusDB, which replaces mongod for trying and testing.

SecantusDB is a pre-release under the GPL, so it is never imported and has an environment of its
own, with exactly the files whose hashes are in secantusdb.txt (`make pin`).
"""

from pathlib import Path

from softphone_testing.servers import pinned_python

PINS = Path(__file__).with_suffix(".txt")
_ADVICE = (
    "it stands in for MongoDB, since no mongod is on the PATH: connect to the network once, install"
    " mongod, or set SOFTPHONE_MONGO_URL"
)


async def installed_python() -> str:
    """The Python of the environment with SecantusDB, which is installed first if it is missing."""
    return await pinned_python.installed_python(PINS, "SecantusDB", _ADVICE)
