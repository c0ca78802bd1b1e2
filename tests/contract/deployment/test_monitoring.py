"""Prometheus' configuration, the rules with their runbooks, and the compose file of monitoring."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from support.deployment import COMPOSE, DEPLOY, SERVICES
from support.paths import ROOT
from support.prometheus import ALERTS, CONFIGURATION, MONITORING

OVER: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.monitoring.yaml").read_text("utf-8"))
RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"(?ms)^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOKS))
NAMES = [alert["alert"] for alert in ALERTS]


def promtool(*words: str) -> None:
    program = shutil.which("promtool")
    assert program, "promtool is missing; deploy/install test brings it"
    command = [program, *words]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, cwd=MONITORING)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "rules.yml"),
        ("test", "rules", "rules_test.yml"),
    ],
    ids=" ".join,
)
def test_prometheus_accepts_its_files(words: tuple[str, ...]) -> None:
    promtool(*words)


@pytest.mark.parametrize("name", NAMES)
def test_alert_has_a_runbook_with_meaning_place_and_remedy(name: str) -> None:
    for part in ("Meaning", "Look", "Mend"):
        assert f"**{part}.** " in SECTIONS[name]


def test_runbooks_describe_no_other_alerts_and_each_once() -> None:
    assert list(SECTIONS) == NAMES
    assert len(re.findall(r"(?m)^## ", RUNBOOKS)) == len(NAMES)


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_alert_waits_and_says_how_urgent_it_is(alert: dict[str, Any]) -> None:
    assert alert["labels"].keys() == {"severity"}
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert alert["annotations"].keys() == {"summary"}
    assert alert["for"] != "0s"


def test_prometheus_scrapes_every_service_and_node() -> None:
    jobs = {job["job_name"]: job["dns_sd_configs"][0] for job in CONFIGURATION["scrape_configs"]}
    assert set(jobs["services"]["names"]) == set(SERVICES)
    for name in ("rabbitmq", "rabbitmq-queues"):
        assert jobs[name]["names"] == ["rabbitmq", "rabbitmq2", "rabbitmq3"]
    rule = next(alert["expr"] for alert in ALERTS if alert["alert"] == "ServiceDown")
    assert all(f'absent(up{{job="{name}"}})' in rule for name in SERVICES)


def test_monitoring_is_reachable_from_this_machine_only() -> None:
    assert OVER["services"].keys() & COMPOSE["services"].keys() == set()
    for container in OVER["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in container.get("ports", ()))
        assert container["cap_drop"] == ["ALL"]
        assert container["read_only"] is True
        assert container["security_opt"] == ["no-new-privileges:true"]
        assert container["user"]
        assert set(container["networks"]) <= {*COMPOSE["networks"], *OVER["networks"]}
