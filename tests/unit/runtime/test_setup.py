"""`softphone setup` names what is wrong with its settings, and fails without its servers."""

import pytest

from softphone_common.process.settings import EXIT_BAD_SETTINGS
from softphone_common.roles.broker import SERVICES
from softphone_common.runtime.commands.setup import EXIT_FAILED, run_setup
from softphone_testing.servers.ports import HOST, free_port

PASSWORDS = {service: f"{service}-has-a-long-password" for service in SERVICES}
FIRST, *OTHERS = SERVICES


def joined(passwords: dict[str, str]) -> str:
    return ",".join(f"{service}:{password}" for service, password in passwords.items())


def code_of(
    passwords: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[object, str]:
    """The exit code and the errors of the command with these passwords, without any server."""
    port = free_port()
    monkeypatch.setenv("SOFTPHONE_AMQP_URL", f"amqp://{HOST}:{port}/,amqp://{HOST}:{port}/")
    monkeypatch.setenv("SOFTPHONE_MONGO_URL", f"mongodb://{HOST}:{port}/softphone")
    monkeypatch.setenv("SOFTPHONE_MONGO_PASSWORDS", passwords)
    with pytest.raises(SystemExit) as end:
        run_setup()
    return end.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    "passwords",
    [
        {name: PASSWORDS[name] for name in OTHERS},
        {**PASSWORDS, "nobody": "another long password"},
        {**PASSWORDS, FIRST: "short"},
    ],
    ids=["one is missing", "one of nobody", "one is short"],
)
def test_passwords_that_cannot_be_right_are_named(
    passwords: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, errors = code_of(joined(passwords), monkeypatch, capsys)
    assert code == EXIT_BAD_SETTINGS
    assert errors.startswith("settings: SOFTPHONE_MONGO_PASSWORDS: ")
    assert [password for password in passwords.values() if password in errors] == []


def test_setup_without_its_servers_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, errors = code_of(joined(PASSWORDS), monkeypatch, capsys)
    assert code == EXIT_FAILED
    assert errors.startswith("setup: RabbitMQ is not available: ")
