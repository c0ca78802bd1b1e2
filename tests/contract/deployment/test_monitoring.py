"""Prometheus' configuration, the rules with their runbooks, and the compose file of monitoring."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from softphone_common.process import metrics as common
from support.deployment import COMPOSE, DEPLOY, SERVICES
from support.metrics_table import metrics_of, name_of, own_metrics
from support.paths import ROOT
from support.prometheus import ALERTS, BOARDS, CONFIGURATION, MONITORING, board_queries

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


def test_every_metric_is_read_by_an_alert_or_a_board() -> None:
    read = " ".join(
        [*(alert["expr"] for alert in ALERTS), *(query for _, query in board_queries())]
    )
    metrics = [
        *metrics_of(common),
        *(metric for name in SERVICES for metric in own_metrics(name)),
    ]
    unread = [
        name_of(metric)
        for metric in metrics
        if not re.search(rf"\b{name_of(metric)}(_bucket|_count)?\b", read)
    ]
    assert unread == []


def test_boards_have_the_source_and_folder_that_grafana_is_given() -> None:
    grafana = MONITORING / "grafana"
    (source,) = yaml.safe_load((grafana / "datasources.yml").read_text())["datasources"]
    (provider,) = yaml.safe_load((grafana / "dashboards.yml").read_text())["providers"]
    mounts = [volume.split(":") for volume in OVER["services"]["grafana"]["volumes"]]
    mounted = {target: place for place, target, *_ in mounts}
    assert mounted[provider["options"]["path"]] == "./monitoring/grafana/boards"
    assert all(place.startswith("./") is (DEPLOY / place).exists() for place in mounted.values())
    for board in BOARDS.values():
        used = {panel["datasource"]["uid"] for panel in board["panels"]}
        assert used == {source["uid"]}
        titles = [panel["title"] for panel in board["panels"]]
        assert len(set(titles)) == len(titles)
    assert source["url"] == "http://prometheus:9090"
