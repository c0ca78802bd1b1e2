"""Settings come from the environment or from files it names, and bad ones are named."""

from pathlib import Path

import pytest

from softphone_common.process.ed25519 import PrivateKey, encode_private_key
from softphone_common.process.settings import EXIT_BAD_SETTINGS, Settings, load
from softphone_ingest.settings import IngestSettings
from softphone_notifier.settings import NotifierSettings
from softphone_testing.installation_keys import key_variables

GIVEN = {
    "SOFTPHONE_AMQP_URL": "amqp://localhost/",
    "SOFTPHONE_MONGO_URL": "mongodb://localhost/softphone",
    "SOFTPHONE_REDIS_URL": "redis://localhost/0",
    **key_variables("notifier"),
    **key_variables("ingest"),
}

OTHER_KEY = PrivateKey.from_private_bytes(b"a key whose public one is unread")


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
    secret.write_text("mongodb://from-a-file/\n")
    monkeypatch.delenv("SOFTPHONE_MONGO_URL")
    monkeypatch.setenv("SOFTPHONE_MONGO_URL_FILE", str(secret))
    assert load(Settings).mongo_url.get_secret_value() == "mongodb://from-a-file/"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOFTPHONE_PORT", "many"),
        ("SOFTPHONE_TOKEN_PUBLIC_KEYS", "short"),
        ("SOFTPHONE_LOG_LEVEL", "LOUD"),
        ("SOFTPHONE_BATCH_SIZE", "0"),
    ],
)
def test_bad_value_stops_the_start_and_is_named_not_shown(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as stopped:
        load(Settings)
    message = capsys.readouterr().err
    assert stopped.value.code == EXIT_BAD_SETTINGS
    assert name in message
    assert value not in message.replace(name, "") or value == "0"


@pytest.mark.parametrize(
    ("settings", "name", "value"),
    [
        (NotifierSettings, "TOKEN_SIGNING_KEY", "short"),
        (NotifierSettings, "TOKEN_SIGNING_KEY", encode_private_key(OTHER_KEY)),
        (IngestSettings, "SEALING_KEYS", "short"),
        (IngestSettings, "SEALING_KEYS", f"{'k' * 32},short"),
        (IngestSettings, "SEALING_KEYS", " , "),
        (Settings, "TOKEN_PUBLIC_KEYS", " , "),
    ],
)
def test_wrong_key_stops_the_start_and_is_named(
    settings: type[Settings],
    name: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    variable = f"SOFTPHONE_{name}"
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as stopped:
        load(settings)
    message = capsys.readouterr().err
    assert stopped.value.code == EXIT_BAD_SETTINGS
    assert [line.split()[1] for line in message.splitlines()] == [f"{variable}:"]
    assert value not in message or value == " , "


def test_missing_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SOFTPHONE_MONGO_URL")
    with pytest.raises(SystemExit):
        load(Settings)
    assert "SOFTPHONE_MONGO_URL" in capsys.readouterr().err


def test_unreadable_file_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOFTPHONE_REDIS_URL_FILE", "/nowhere/secret")
    with pytest.raises(SystemExit):
        load(Settings)
    message = capsys.readouterr().err
    assert "/nowhere/secret" in message
    assert "SOFTPHONE_REDIS_URL_FILE" in message


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SOFTPHONE_AMQP_URL", "http://x"),
        ("SOFTPHONE_AMQP_URL", "-1"),
        ("SOFTPHONE_AMQP_URL", "amqp://a:secret@one/,two:secret"),
        ("SOFTPHONE_MONGO_URL", ""),
        ("SOFTPHONE_MONGO_URL", "mysql://x:secret@y/z"),
        ("SOFTPHONE_REDIS_URL", "nonsense"),
    ],
)
def test_address_of_another_kind_is_named_without_its_value(
    variable: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as stopped:
        load(Settings)
    message = capsys.readouterr().err
    assert stopped.value.code == EXIT_BAD_SETTINGS
    assert variable in message
    assert "secret" not in message


def test_list_that_is_no_json_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOFTPHONE_ORIGINS", "foo")
    with pytest.raises(SystemExit) as stopped:
        load(NotifierSettings)
    assert stopped.value.code == EXIT_BAD_SETTINGS
    assert "origins" in capsys.readouterr().err


OPERATOR = "SOFTPHONE_OPERATOR_PASSWORD"


@pytest.mark.parametrize("password", ["", "\n", "123456789"], ids=["empty", "a line", "short"])
@pytest.mark.parametrize("how", ["environment", "file"])
def test_short_operator_password_stops_the_start(
    how: str,
    password: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    if how == "file":
        (tmp_path / "secret").write_text(password)
        monkeypatch.setenv(f"{OPERATOR}_FILE", str(tmp_path / "secret"))
    else:
        monkeypatch.setenv(OPERATOR, password)
    with pytest.raises(SystemExit) as stopped:
        load(NotifierSettings)
    message = capsys.readouterr().err
    assert stopped.value.code == EXIT_BAD_SETTINGS
    assert OPERATOR in message
    assert "123456789" not in message


def test_operator_password_has_the_minimum_length_that_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load(NotifierSettings).operator_password is None
    monkeypatch.setenv(OPERATOR, "1234567890")
    assert load(NotifierSettings).operator_password is not None
    monkeypatch.setenv("SOFTPHONE_PASSWORD_MIN", "11")
    with pytest.raises(SystemExit):
        load(NotifierSettings)


@pytest.mark.parametrize(("one_network", "all_networks"), [("300", None), ("20", "20")])
def test_limit_of_one_network_is_below_that_of_all_networks(
    one_network: str,
    all_networks: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SOFTPHONE_SIGNIN_FAILURES_MAX", one_network)
    if all_networks is not None:
        monkeypatch.setenv("SOFTPHONE_LOGIN_FAILURES_MAX", all_networks)
    with pytest.raises(SystemExit):
        load(NotifierSettings)
    assert "SOFTPHONE_LOGIN_FAILURES_MAX" in capsys.readouterr().err


@pytest.mark.parametrize(
    "variable", ["SOFTPHONE_SWEEP_HOUR", "SOFTPHONE_SWEEP_HOUR_FILE", "softphone_sweep_hour"]
)
@pytest.mark.parametrize("value", ["2", "3", ""])
def test_withdrawn_setting_stops_the_start_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as stopped:
        load(Settings)
    assert stopped.value.code == EXIT_BAD_SETTINGS
    why = capsys.readouterr().err
    assert f"{variable} is withdrawn: the sweep begins at 02:00" in why
