"""A real Prometheus with the rules of `deploy/monitoring`, which scrapes the stack of a test."""

import json
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from softphone_testing.servers.child import Child
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.paths import ROOT
from support.web_client import web_client

MONITORING = ROOT / "deploy" / "monitoring"
CONFIGURATION: dict[str, Any] = yaml.safe_load((MONITORING / "prometheus.yml").read_text("utf-8"))
RULES: dict[str, Any] = yaml.safe_load((MONITORING / "rules.yml").read_text("utf-8"))
ALERTS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
SCRAPE_SECONDS = 2
BOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((MONITORING / "grafana" / "boards").iterdir())
}
_READY_SECONDS = 60
Labels = dict[str, str]


class Prometheus:
    """Scrapes each job at the addresses given for it, and evaluates rules twice a second.

    The rules are those of `deploy/monitoring`, but an alert fires at once and not after minutes.
    """

    def __init__(self, folder: Path, targets: Mapping[str, str]) -> None:
        self._port = free_port()
        self.client = web_client(f"http://{HOST}:{self._port}")
        self.fired: set[str] = set()
        """The names of all alerts that were seen firing."""
        self._folder = folder
        self._targets = targets
        command = [
            shutil.which("prometheus") or "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={HOST}:{self._port}",
            "--log.level=warn",
        ]
        self._child = Child("prometheus", command, folder=folder, env={})

    async def start(self) -> None:
        """Returns when it answers queries."""
        self._write_files()
        await self._child.start()
        await self._child.wait_answers(f"http://{HOST}:{self._port}/-/ready", _READY_SECONDS)

    async def stop(self) -> None:
        """Ends it and closes the client."""
        await self.client.aclose()
        await self._child.stop()

    async def query(self, expression: str) -> list[tuple[Labels, float]]:
        """The labels and value of each series that an expression gives now."""
        answer = await self.client.get("/api/v1/query", params={"query": expression})
        assert answer.status_code == 200, answer.text
        result = answer.json()["data"]["result"]
        return [(each["metric"], float(each["value"][1])) for each in result]

    async def names(self) -> set[str]:
        """The names of all series that were scraped."""
        answer = await self.client.get("/api/v1/label/__name__/values")
        return set(answer.json()["data"])

    async def until_scraped(self) -> None:
        """Waits until each target was scraped well."""

        async def are_up() -> bool:
            states = await self.query("up")
            return len(states) == len(self._jobs()) and all(value == 1 for _, value in states)

        await until(are_up, what="a scrape of each target")

    async def firing(self) -> list[Labels]:
        """The labels of each alert that fires now."""
        alerts = (await self.client.get("/api/v1/alerts")).json()["data"]["alerts"]
        labels = [each["labels"] for each in alerts if each["state"] == "firing"]
        self.fired |= {each["alertname"] for each in labels}
        return labels

    async def until_firing(self, alert: str, **labels: str) -> None:
        """Waits until an alert fires with these labels."""
        wanted = {"alertname": alert, **labels}

        async def fires() -> bool:
            fired = await self.firing()
            assert any(wanted.items() <= each.items() for each in fired), fired
            return True

        await until(fires, what=f"{wanted}")

    async def until_calm(self, alert: str) -> None:
        """Waits until an alert no longer fires."""

        async def is_calm() -> bool:
            return alert not in {each["alertname"] for each in await self.firing()}

        await until(is_calm, what=f"the end of {alert}")

    def _jobs(self) -> list[dict[str, Any]]:
        """The jobs of the configuration, each with one target instead of names to look up."""
        jobs = []
        for scrape in CONFIGURATION["scrape_configs"]:
            options = {
                name: value
                for name, value in scrape.items()
                if name not in {"dns_sd_configs", "relabel_configs"}
            }
            hosts = scrape["dns_sd_configs"][0]["names"]
            names = hosts if scrape["job_name"] == "services" else [scrape["job_name"]]
            for name in names:
                address = self._targets[name if name in hosts else "rabbitmq"]
                target = {"static_configs": [{"targets": [address]}]}
                jobs.append({**options, "job_name": name, **target})
        return jobs

    def _write_files(self) -> None:
        configuration = {
            "global": {
                "scrape_interval": f"{SCRAPE_SECONDS}s",
                "scrape_timeout": f"{SCRAPE_SECONDS}s",
                "evaluation_interval": "500ms",
            },
            "rule_files": ["rules.yml"],
            "scrape_configs": self._jobs(),
        }
        (self._folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
        rules = (MONITORING / "rules.yml").read_text("utf-8")
        (self._folder / "rules.yml").write_text(re.sub(r"(?m)^( +for:) \w+$", r"\1 0s", rules))


def board_queries() -> list[tuple[str, str]]:
    """Every query of the boards, with its panel."""
    return [
        (f"{name}: {panel['title']}", target["expr"])
        for name, board in BOARDS.items()
        for panel in board["panels"]
        for target in panel["targets"]
    ]


@asynccontextmanager
async def prometheus(folder: Path, targets: Mapping[str, str]) -> AsyncIterator[Prometheus]:
    """A running Prometheus that has scraped everything; `targets` by the names of containers."""
    server = Prometheus(folder, targets)
    await server.start()
    try:
        await server.until_scraped()
        yield server
    finally:
        await server.stop()


def address(url: str) -> str:
    """The host and port of a URL, as a target."""
    parts = httpx.URL(url)
    return f"{parts.host}:{parts.port}"
