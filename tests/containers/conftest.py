"""Fixtures of the tests in containers: the images, the engine, one installation for most tests."""

import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from shutil import which

import pytest

from containers import images
from containers.engine import Engine, running_engine
from containers.project import Project
from support.deployment import IMAGES

PROGRAMS = ("buildah", "mmdebstrap", "nsenter", "openssl", "unshare")
SECONDS = 2400
"""Time limit of one test, together with all images if it is the first one."""

FILES = ("test_up.py", "test_tls.py", "test_roll.py", "test_backup.py", "test_cluster.py")
ORDER = {name: place for place, name in enumerate(FILES, 1)}

VERSIONS = (
    ("Docker", ("version", "--format", "{{{{.Server.Version}}}}")),
    ("Compose", ("compose", "version", "--short")),
    ("RabbitMQ", ("run", "--rm", "{RABBITMQ_IMAGE}", "rabbitmqctl", "version")),
    ("Valkey", ("run", "--rm", "{VALKEY_IMAGE}", "valkey-server", "--version")),
    ("nginx", ("run", "--rm", "{NGINX_IMAGE}", "sh", "-c", "nginx -v 2>&1")),
    ("Python", ("run", "--rm", "--entrypoint", "python", "softphone-ingest", "--version")),
)


class Progress:
    """Prints each long step as soon as it is done, and at the end the versions that were run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.versions: list[str] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self._write(f"{name}: {time.monotonic() - started:.0f} s")

    def pytest_terminal_summary(self) -> None:
        if self.versions:
            self._write("", "run in containers:", *(f"  {line}" for line in self.versions))

    def _write(self, *lines: str) -> None:
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        with self._config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            for line in lines:
                reporter.ensure_newline()
                reporter.write(f"{line}\n", flush=True)


PROGRESS = pytest.StashKey[Progress]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[PROGRESS] = Progress(config)
    config.pluginmanager.register(config.stash[PROGRESS])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "containers":
            item.add_marker(pytest.mark.timeout(SECONDS))
    # an installation of one node is used by all tests, before those that begin a new one
    items.sort(key=lambda item: ORDER.get(item.path.name, 0))


@pytest.fixture(scope="session")
def progress(request: pytest.FixtureRequest) -> Progress:
    return request.config.stash[PROGRESS]


@pytest.fixture(scope="session")
async def built(progress: Progress) -> list[str]:
    """The names of all images, built from the Dockerfile or made of packages."""
    missing = [program for program in PROGRAMS if which(program) is None]
    if os.geteuid() != 0 or missing:
        pytest.fail(f"no engine here: it needs root and {', '.join(PROGRAMS)} (deploy/install)")
    return [name async for name in images.build_all(progress.step)]


@pytest.fixture(scope="session")
async def engine(built: list[str], progress: Progress) -> AsyncIterator[Engine]:
    """A running engine with all images, whose network the tests are in from now on."""
    async with running_engine() as engine:
        with progress.step("the engine has all images"):
            for name in built:
                await engine.load(name)
        for name, words in VERSIONS:
            command = [word.format(**IMAGES) for word in words]
            progress.versions.append(f"{name} {(await engine.docker(*command)).strip()}")
        progress.versions.append("SecantusDB in the place of MongoDB, which is in no package")
        engine.enter_network()
        yield engine


@pytest.fixture(scope="session")
async def project(engine: Engine, progress: Progress) -> AsyncIterator[Project]:
    """An installation that is started once for all tests but those of the cluster."""
    project = await Project.create(engine)
    with progress.step("the installation is up"):
        await project.up()
    yield project
    await project.down()
