"""The program `softphone` without any server: its help, its errors and its exit codes."""

import sys
from pathlib import Path

import pytest

from softphone_common.process.settings import EXIT_BAD_SETTINGS
from softphone_common.runtime.program import main
from softphone_common.runtime.registry import service_names, service_summary
from softphone_common.runtime.release import release, revision


def run(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[object, str, str]:
    """Exit code, output and errors of `softphone` with these words."""
    monkeypatch.setattr(sys, "argv", ["softphone", *words])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code, *capsys.readouterr()


def test_help_lists_every_service_with_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output, _ = run(["--help"], capsys, monkeypatch)
    assert code == 0
    for name in service_names():
        assert f"  {name}" in output
        assert service_summary(name).endswith(".")
        assert service_summary(name).split()[0] in output


def test_version_is_that_of_the_release(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["--version"], capsys, monkeypatch) == (0, f"{release()}\n", "")


def test_version_in_an_image_has_the_commit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "revision").write_text("0f1e2d3c\n")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    revision.cache_clear()
    try:
        assert run(["--version"], capsys, monkeypatch)[1] == f"{release()} 0f1e2d3c\n"
    finally:
        revision.cache_clear()


def test_unknown_service_names_the_installed_ones(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, errors = run(["matchr", "run"], capsys, monkeypatch)
    assert code == 2
    assert "There is no service 'matchr' here" in errors
    assert all(name in errors for name in service_names())


@pytest.mark.parametrize("name", service_names())
def test_run_without_settings_names_each_missing_one(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, errors = run([name, "run"], capsys, monkeypatch)
    assert code == EXIT_BAD_SETTINGS
    assert "SOFTPHONE_AMQP_URL: Field required" in errors


def test_unknown_queue_names_the_queues_with_dead_letters(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["janitor", "dead-letters", "list", "--queue", "calls"]
    code, _, errors = run(words, capsys, monkeypatch)
    assert code == 2
    assert "calllog.call" in errors
