"""The page of all metrics, `docs/metrics.md`, as the code has them.

Run `PYTHONPATH=tests uv run python -m support.metrics_table` to print it.
"""

import sys
from importlib import import_module
from types import ModuleType

from prometheus_client.metrics import MetricWrapperBase

from softphone_common.process import metrics as common
from softphone_common.runtime.registry import installed_services
from support.paths import ROOT

PAGE = ROOT / "docs" / "metrics.md"
HEAD = """# Metrics

Every service answers `/metrics` in the text format of Prometheus, with its own metrics and those
that all services have. [Runbooks](runbooks.md) explains the alerts that read them, and
[deploy](../deploy/README.md#monitoring) how to run Prometheus. `make contracts` writes this page.

A histogram has the series `_bucket`, `_sum` and `_count`. RabbitMQ exports the lengths of queues.

| metric | type | labels | services | meaning |
|---|---|---|---|---|
"""
_ENDINGS = {"counter": "_total", "info": "_info"}
"""The endings that prometheus_client gives to the names of metrics of a type."""


def metrics_of(module: ModuleType) -> list[MetricWrapperBase]:
    """The metrics that a module defines, in its order."""
    return [each for each in vars(module).values() if isinstance(each, MetricWrapperBase)]


def own_metrics(service: str) -> list[MetricWrapperBase]:
    """The metrics that only this service has."""
    return metrics_of(import_module(f"softphone_{service}.metrics"))


def name_of(metric: MetricWrapperBase) -> str:
    """The name under which Prometheus finds it; that of a histogram without the ending."""
    (family,) = metric.describe()
    return family.name + _ENDINGS.get(family.type, "")


def series_names(metric: MetricWrapperBase) -> set[str]:
    """The names of its series."""
    (family,) = metric.describe()
    name = name_of(metric)
    endings = ("_bucket", "_sum", "_count") if family.type == "histogram" else ("",)
    return {f"{name}{ending}" for ending in endings}


def table() -> str:
    """The text of the whole page."""
    sections = {"all": metrics_of(common)}
    sections |= {name: own_metrics(name) for name in installed_services()}
    return HEAD + "".join(
        _row(metric, services) for services, metrics in sections.items() for metric in metrics
    )


def _row(metric: MetricWrapperBase, services: str) -> str:
    (family,) = metric.describe()
    labels = ", ".join(f"`{label}`" for label in metric._labelnames)
    text = family.documentation
    return f"| `{name_of(metric)}` | {family.type} | {labels} | {services} | {text} |\n"


if __name__ == "__main__":
    sys.stdout.write(table())
