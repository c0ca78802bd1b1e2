"""The release that runs here, and the revision of the sources that its image was built from.

The version stands in the `pyproject.toml` of this package alone, since all services of a release
are installed together.
"""

import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

_REVISION_FILE = "revision"


# Cached, because it reads the metadata of the package from the disk.
@cache
def release() -> str:
    """The version of the release, such as `0.2.0`."""
    return version("softphone-common")


@cache
def revision() -> str:
    """The commit that the image was built from; empty without an image or without that argument.

    The Dockerfile writes it into the folder of the environment.
    """
    file = Path(sys.prefix) / _REVISION_FILE
    return file.read_text().strip() if file.exists() else ""
