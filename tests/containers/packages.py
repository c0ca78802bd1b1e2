"""Root file systems made of Debian's packages, kept in a cache between runs.

No image comes from a registry. The packages come from the mirror that this machine's apt uses.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from containers.command import run

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "softphone-containers"
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Packages:
    """Packages of one release of Debian, with everything that they need."""

    release: str
    names: Sequence[str]

    def digest(self, *further: bytes) -> str:
        """A name for that which is made of these packages and of further contents."""
        parts = [self.release.encode(), *(name.encode() for name in self.names), *further]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]

    async def unpack(self, target: Path) -> None:
        """Installs the packages into a folder, or into an archive if `target` ends with .tar."""
        options = [
            "--variant=minbase",
            # a mirror may be some days behind
            '--aptopt=Acquire::Check-Valid-Until "false"',
            '--aptopt=Acquire::Retries "5"',
            "--dpkgopt=path-exclude=/usr/share/{doc,man,locale}/*",
            f"--include={','.join(self.names)}",
        ]
        await run("mmdebstrap", "--quiet", *options, self.release, str(target), _mirror())


async def kept(path: Path, packages: Packages) -> Path:
    """The folder or archive of these packages in the cache, which is made if it is missing."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"part-{path.name}")
        _remove(part)
        await packages.unpack(part)
        for former in path.parent.glob(f"{path.name.split('-')[0]}-*"):
            _remove(former)
        part.rename(path)
    return path


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _mirror() -> str:
    """The address of the mirror in the sources of this machine's apt."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"]
    listed = subprocess.run(
        [*command, "Created-By: Packages"], check=True, capture_output=True, text=True
    ).stdout
    addresses = [line.split()[0] for line in listed.splitlines() if "-" not in line.split()[1]]
    if not addresses:
        raise LookupError("apt has no source of packages on this machine")
    return addresses[0]
