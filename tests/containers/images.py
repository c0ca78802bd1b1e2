"""Builds images without a registry: those that ours stand on, and ours from the Dockerfile.

MongoDB is in no package of Debian. SecantusDB stands in for it, under MongoDB's name.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from containers.command import run
from containers.packages import BUNDLE, CACHE, Packages, kept
from softphone_testing.servers import secantusdb
from support.deployment import IMAGES, SERVICES
from support.paths import ROOT

STAND_IN = Path(__file__).with_name("stand_in")
BUILDAH = {"STORAGE_DRIVER": "overlay", "BUILDAH_ISOLATION": "chroot"}
STORAGE = ("buildah", "--root", str(CACHE / "images"), "--runroot", str(CACHE / "images-run"))

PYTHON = Packages("bookworm", ("python3", "python3-pip", "python3-venv", "ca-certificates", "git"))
SERVERS = Packages("forky", ("rabbitmq-server", "valkey-server", "nginx", "curl", "python3"))
TRUST = {
    "SSL_CERT_FILE": str(BUNDLE),
    "PIP_CERT": str(BUNDLE),
    "NODE_EXTRA_CA_CERTS": str(BUNDLE),
}
"""The authorities of this machine, which may be behind a proxy that inspects TLS."""


async def buildah(*arguments: str) -> str:
    """The output of buildah, in a storage of its own inside the cache."""
    return (await run(*STORAGE, *arguments, environment=BUILDAH)).strip()


async def build(target: str, folder: Path = ROOT) -> str:
    """Builds one target of the Dockerfile of a checkout, and returns the image's name."""
    name = f"softphone-{target}"
    await buildah(
        "build", "--pull-never", "--layers", "--force-rm", "--format", "docker", "--quiet",
        "--file", str(folder / "deploy" / "Dockerfile"),
        "--build-arg", f"PYTHON={IMAGES['PYTHON_IMAGE']}",
        "--target", target, "--tag", name, str(folder),
    )  # fmt: skip
    return name


async def archive(name: str, target: Path) -> None:
    """Writes an image into a file that `docker load` reads."""
    target.unlink(missing_ok=True)
    await buildah("push", "--quiet", f"localhost/{name}", f"docker-archive:{target}:{name}")


async def identity(name: str) -> str:
    """The id of an image, which the engine gives it as well."""
    return await buildah("images", "--quiet", "--no-trunc", f"localhost/{name}")


Step = Callable[[str], AbstractContextManager[None]]
"""Shows how long that took which is done inside."""


@dataclass
class Recipe:
    """An image made of packages, of files, and of commands that run in it."""

    packages: Packages
    commands: tuple[tuple[str, ...], ...] = ()
    files: Mapping[Path, str] | None = None
    options: tuple[str, ...] = ()

    def label(self) -> str:
        contents = [file.read_bytes() for file in self.files or {}]
        words = [" ".join(command) for command in (*self.commands, self.options)]
        return self.packages.digest(*contents, *(word.encode() for word in words))

    async def make(self, *names: str) -> None:
        """Commits the image under these names, unless the same one is there."""
        label = f"softphone.recipe={self.label()}"
        if await buildah("images", "--quiet", "--filter", f"label={label}"):
            return
        kind = self.packages.release
        tree = await kept(CACHE / f"{kind}-{self.packages.digest()}.tar", self.packages)
        container = await buildah("from", "scratch")
        await buildah("add", "--quiet", container, str(tree), "/")
        for source, target in (self.files or {}).items():
            await buildah("copy", "--quiet", "--chmod", "755", container, str(source), target)
        for command in self.commands:
            await buildah("run", container, "--", *command)
        await buildah("config", "--label", label, *self.options, container)
        await buildah("commit", "--quiet", "--format", "docker", container, names[0])
        await buildah("rm", container)
        for further in names[1:]:
            await buildah("tag", names[0], further)


def python() -> Recipe:
    """The image that the Dockerfile builds on: Python, pip and this machine's authorities."""
    return Recipe(
        PYTHON,
        commands=(
            ("sh", "-c", "rm -f /usr/lib/python3*/EXTERNALLY-MANAGED"),
            ("ln", "-sf", "python3", "/usr/bin/python"),
        ),
        files={BUNDLE: str(BUNDLE)},
        options=tuple(part for pair in TRUST.items() for part in ("--env", "=".join(pair))),
    )


def servers() -> Recipe:
    """RabbitMQ, Valkey and nginx in one image, with the users that their own images have."""
    return Recipe(
        SERVERS,
        commands=(
            ("useradd", "--system", "nginx"),
            ("install", "-d", "-o", "valkey", "-g", "valkey", "/data"),
            # Debian's wrappers write a log as root, the official image has no wrappers
            ("sh", "-c", "ln -sf /usr/lib/rabbitmq/bin/* /usr/local/bin/"),
        ),
        files={STAND_IN / "docker-entrypoint.sh": "/usr/local/bin/docker-entrypoint.sh"},
        options=(
            "--entrypoint", '["docker-entrypoint.sh"]',
            "--cmd", "rabbitmq-server",
            "--volume", "/var/lib/rabbitmq",
            "--volume", "/data",
            "--workingdir", "/data",
            "--env", "HOME=/var/lib/rabbitmq",
        ),
    )  # fmt: skip


def mongodb() -> Recipe:
    """The stand-in for MongoDB, with an entrypoint and a shell that answer as MongoDB's do."""
    return Recipe(
        PYTHON,
        commands=(
            ("useradd", "--system", "mongodb"),
            ("install", "-d", "-o", "mongodb", "-g", "mongodb", "/data/db", "/data/configdb"),
            ("python3", "-m", "venv", "/opt/mongodb"),
            (
                "/opt/mongodb/bin/pip", "install", "--quiet", "--cert", str(BUNDLE),
                "--no-deps", "--require-hashes", "--requirement", "/opt/packages.txt",
            ),
        ),
        files={
            BUNDLE: str(BUNDLE),
            secantusdb.PINS: "/opt/packages.txt",
            STAND_IN / "mongod.sh": "/usr/local/bin/docker-entrypoint.sh",
            STAND_IN / "mongod.py": "/opt/mongod.py",
            STAND_IN / "mongosh.py": "/usr/local/bin/mongosh",
        },
        options=("--volume", "/data/db", "--volume", "/data/configdb"),
    )  # fmt: skip


async def build_all(step: Step) -> AsyncIterator[str]:
    """Builds each image that the compose file runs, and yields the name of each."""
    foreign = [IMAGES[f"{name}_IMAGE"] for name in ("RABBITMQ", "VALKEY", "NGINX", "MONGODB")]
    with step("packages of Python and of the servers"):
        await asyncio.gather(
            python().make(IMAGES["PYTHON_IMAGE"]),
            servers().make(*foreign[:-1]),
        )
    with step("the stand-in for MongoDB"):
        await mongodb().make(foreign[-1])
    for target in (*SERVICES, "onebox"):
        with step(f"softphone-{target}"):
            name = await build(target)
        yield name
    for name in foreign:
        yield name
