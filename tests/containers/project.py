"""One installation in containers: compose.yaml as it is, with a folder of secrets of its own."""

import json
import resource
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from containers.command import CommandFailedError, run
from containers.engine import Engine
from support.deployment import CONTAINERS, DEPLOY

UP = ("up", "--detach", "--no-build", "--pull", "never", "--wait", "--wait-timeout", "300")
WANTED_FILES = 65_536
PORT = 8080


class Project:
    """The containers of a copy of `deploy/`, started and inspected with docker compose."""

    url = f"http://127.0.0.1:{PORT}"

    def __init__(self, engine: Engine, folder: Path, name: str = "softphone") -> None:
        self.engine = engine
        self.folder = folder
        self._files = ["compose.yaml", *_lower_limits(folder / "limits.yaml", CONTAINERS)]
        self.activation = folder / "activation"
        self._name = name

    @classmethod
    async def create(cls, engine: Engine, name: str = "softphone") -> "Project":
        """An installation with new secrets; nothing is left of an interrupted one."""
        folder = engine.work / "deploy" / name
        shutil.rmtree(folder, ignore_errors=True)
        left_out = shutil.ignore_patterns("secrets.d", "__pycache__")
        shutil.copytree(DEPLOY, folder, ignore=left_out)
        project = cls(engine, folder, name)
        await run(str(folder / "secrets"), str(folder / "secrets.d"), str(project.activation))
        await project.down()
        return project

    def use_cluster(self) -> None:
        """Has all further commands work with three RabbitMQ nodes."""
        names = (*CONTAINERS, "rabbitmq2", "rabbitmq3")
        limits = _lower_limits(self.folder / "cluster-limits.yaml", names)
        self._files = ["compose.yaml", "compose.cluster.yaml", *limits]

    @contextmanager
    def further_file(self, name: str) -> Iterator[None]:
        """Has the commands inside work with one more compose file."""
        before = self._files
        self._files = [before[0], name, *before[1:]]
        try:
            yield
        finally:
            self._files = before

    def write_secret(self, name: str, text: str) -> None:
        """Adds a secret that is the operator's own, readable for all containers."""
        file = self.folder / "secrets.d" / name
        file.write_text(text)
        file.chmod(0o444)

    def secret(self, name: str) -> str:
        return (self.folder / "secrets.d" / name).read_text().strip()

    async def compose(self, *arguments: str, **environment: str) -> str:
        """The output of docker compose with the files of this installation."""
        files = [part for name in self._files for part in ("--file", str(self.folder / name))]
        start = ["compose", "--project-name", self._name, "--project-directory", str(self.folder)]
        return await self.engine.docker(*start, *files, *arguments, **environment)

    async def script(self, name: str, *arguments: str) -> str:
        """The output of a script of `deploy/`, which works with the files of this installation."""
        files = ":".join(str(self.folder / file) for file in self._files)
        settings = {"COMPOSE_FILE": files, "COMPOSE_PROJECT_NAME": self._name}
        return await self.engine.run(str(self.folder / name), *arguments, **settings)

    async def up(self, *services: str, **environment: str) -> None:
        """Starts these containers, or all, and returns when they are healthy.

        Raises CommandFailedError with the last lines of each container that is not.
        """
        try:
            await self.compose(*UP, *services, **environment)
        except CommandFailedError as error:
            logs = [await self._log(row) for row in await self.containers()]
            raise CommandFailedError("\n".join([str(error), *logs])) from error

    async def _log(self, row: dict[str, Any]) -> str:
        """The last lines of a container that is not healthy, or an empty text."""
        if row["Health"] == "healthy":
            return ""
        written = await self.compose("logs", "--no-color", "--tail", "30", row["Service"])
        return f"{row['Service']} ({row['Status']}):\n{written}"

    async def down(self) -> None:
        """Removes all containers, networks and volumes."""
        await self.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")

    async def exec(self, service: str, *command: str) -> str:
        """The output of a command in a running container."""
        return await self.compose("exec", "--no-TTY", service, *command)

    async def containers(self) -> list[dict[str, Any]]:
        """One row for each container, also for those that have ended."""
        lines = (await self.compose("ps", "--all", "--format", "json")).splitlines()
        return [json.loads(line) for line in lines]

    async def address(self, service: str) -> str:
        """The IP address of the first container of a service."""
        container = (await self.compose("ps", "--quiet", service)).split()[0]
        networks = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        return (await self.engine.docker("inspect", "--format", networks, container)).split()[0]

    async def logs(self, *services: str) -> str:
        return await self.compose("logs", "--no-color", "--no-log-prefix", *services)


def _lower_limits(file: Path, names: Iterable[str]) -> Sequence[str]:
    """A further file for machines that allow fewer open files than compose.yaml asks for."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most >= WANTED_FILES:
        return ()
    limits = {"ulimits": {"nofile": most}}
    text = yaml.safe_dump({"services": dict.fromkeys(names, limits)})
    file.write_text(text)
    return (file.name,)
