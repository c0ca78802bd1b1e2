"""Holds the page of all metrics against the code."""

from support.metrics_table import PAGE, table


def test_page_has_every_metric_and_no_other() -> None:
    assert PAGE.read_text("utf-8") == table(), "run make contracts"
