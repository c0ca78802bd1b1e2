"""Settings come from the environment or from files it names, and bad ones are named."""

from pathlib import Path

import pytest

from softphone_common.settings import EXIT_BAD_SETTINGS, Settings, load

GIVEN = {
    "SOFTPHONE_AMQP_URL": "amqp://localhost/",
    "SOFTPHONE_MONGO_URL": "mongodb://localhost/softphone",
    "SOFTPHONE_REDIS_URL": "redis://localhost/0",
    "SOFTPHONE_AUTH_SECRET": "s" * 32,
}


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)


def test_values_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTPHONE_PORT", "9000")
    assert load(Settings).port == 9000


def test_a_secret_comes_from_the_file_that_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("f" * 40 + "\n")
    monkeypatch.delenv("SOFTPHONE_AUTH_SECRET")
    monkeypatch.setenv("SOFTPHONE_AUTH_SECRET_FILE", str(secret))
    assert load(Settings).auth_secret.get_secret_value() == "f" * 40


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOFTPHONE_PORT", "many"),
        ("SOFTPHONE_AUTH_SECRET", "short"),
        ("SOFTPHONE_LOG_LEVEL", "LOUD"),
        ("SOFTPHONE_BATCH_SIZE", "0"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named_but_not_shown(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as stopped:
        load(Settings)
    said = capsys.readouterr().err
    assert stopped.value.code == EXIT_BAD_SETTINGS
    assert name in said
    assert value not in said.replace(name, "") or value == "0"


def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SOFTPHONE_MONGO_URL")
    with pytest.raises(SystemExit):
        load(Settings)
    assert "SOFTPHONE_MONGO_URL" in capsys.readouterr().err


def test_an_unreadable_file_is_an_error_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOFTPHONE_AUTH_SECRET_FILE", "/nowhere/secret")
    with pytest.raises(SystemExit):
        load(Settings)
    assert "/nowhere/secret" in capsys.readouterr().err
