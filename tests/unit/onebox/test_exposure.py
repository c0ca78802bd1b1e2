"""A onebox that other machines reach: its names, its port of metrics, and its user."""

import json
import os
import pwd
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from softphone_common.process.host_names import host_names
from softphone_onebox.exposure import (
    METRICS_PORT,
    base_url,
    refusal_of_root,
    settings_of_services,
)
from softphone_onebox.settings import OneboxSettings

USER = "nobody"
AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
EVERYBODY = ["0.0.0.0", "192.0.2.7", "connector.example.de", "::"]
LOOPBACK = ["127.0.0.1", "127.0.0.2", "localhost", "::1"]
BECOME = """
import json, os, sys
from pathlib import Path
from softphone_onebox.exposure import become
folder = Path(sys.argv[2])
print(json.dumps([become(sys.argv[1], folder), os.getresuid(), os.getresgid(), os.getgroups()]))
if os.getuid() != 0:
    try:
        os.setuid(0)
    except PermissionError:
        print(json.dumps("root is gone"))
"""


def settings(**values: Any) -> OneboxSettings:
    return OneboxSettings(**values)


@pytest.mark.parametrize("host", EVERYBODY)
def test_onebox_in_a_network_has_metrics_on_loopback_only(host: str) -> None:
    exposed = settings_of_services(settings(host=host))
    assert (exposed["metrics_host"], exposed["metrics_port"]) == ("127.0.0.1", METRICS_PORT)
    assert settings_of_services(settings(host=host, metrics_port=9000))["metrics_port"] == 9000


@pytest.mark.parametrize("host", LOOPBACK)
def test_onebox_on_loopback_has_one_port_and_one_name(host: str) -> None:
    own = settings_of_services(settings(host=host))
    assert (own["metrics_port"], own["allowed_hosts"]) == (None, "localhost")


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("0.0.0.0", "localhost"),
        ("::", "localhost"),
        ("::1", "[::1]"),
        ("127.0.0.2", "127.0.0.2"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "[2001:db8::7]"),
    ],
)
def test_onebox_reaches_its_own_port_where_it_listens(host: str, own: str) -> None:
    assert base_url(settings(host=host)) == f"http://{own}:8080"


def test_onebox_in_a_network_answers_to_its_own_names() -> None:
    machine = socket.gethostname().lower()
    own = {"localhost", machine, f"{machine}.local", "0.0.0.0"}
    assert names(host="0.0.0.0") == own
    public = names(
        host="0.0.0.0", public_url="https://Tel.example.de:443/", allowed_hosts="pbx.example.de"
    )
    assert public == own | {"tel.example.de", "pbx.example.de"}


def test_onebox_on_an_address_of_ipv6_answers_to_it() -> None:
    assert "2001:db8::7" in names(host="2001:db8::7")
    assert host_names("2001:db8::7, ::1") == ["2001:db8::7", "::1"]


def names(**values: Any) -> set[str]:
    return set(str(settings_of_services(settings(**values))["allowed_hosts"]).split(","))


@pytest.mark.parametrize("host", EVERYBODY)
def test_onebox_of_root_serves_no_network(host: str) -> None:
    refusal = refusal_of_root(settings(host=host), is_root=True)
    assert refusal is not None
    assert "SOFTPHONE_USER" in refusal
    assert refusal_of_root(settings(host=host), is_root=False) is None


@pytest.mark.parametrize("host", LOOPBACK)
def test_onebox_of_root_may_listen_on_loopback(host: str) -> None:
    assert refusal_of_root(settings(host=host), is_root=True) is None


def test_onebox_started_by_root_for_a_network_ends_at_once(tmp_path: Path) -> None:
    variables = ["SOFTPHONE_HOST=0.0.0.0", f"SOFTPHONE_DATA_DIR={tmp_path / 'data'}"]
    command = [*AS_ROOT, "env", *variables, sys.executable, "-m", "softphone_onebox"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2, ended
    assert "must not run as root" in ended.stdout
    assert not (tmp_path / "data").exists()


def become(user: str, folder: Path) -> tuple[str | None, list[Any]]:
    """The reason of a refusal, and what is left of root, of a process that root has started."""
    command = [*AS_ROOT, sys.executable, "-c", BECOME, user, str(folder)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    reason, *rest = json.loads(ended.stdout.splitlines()[0])
    return reason, [*rest, *(json.loads(line) for line in ended.stdout.splitlines()[1:])]


def test_user_that_root_becomes_keeps_nothing_of_root(tmp_path: Path) -> None:
    entry = pwd.getpwnam(USER)
    uid, gid = entry.pw_uid, entry.pw_gid
    reason, left = become(USER, tmp_path / "data")
    assert left == [[uid] * 3, [gid] * 3, [gid], "root is gone"]
    # only the owner of the temporary folder can enter it
    assert reason is not None
    assert str(tmp_path / "data") in reason
    made = (tmp_path / "data").stat()
    assert (made.st_uid, stat.S_IMODE(made.st_mode)) == (uid, 0o700)


def test_data_folder_of_another_user_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    reason, left = become(USER, tmp_path / "data")
    assert reason is not None
    assert "SOFTPHONE_DATA_DIR" in reason
    assert left[0] == [0, 0, 0]
    assert (tmp_path / "data").stat().st_uid == tmp_path.stat().st_uid


@pytest.mark.parametrize("user", ["root", "nobody-of-this-name"])
def test_user_to_become_that_is_root_or_missing_is_refused(user: str, tmp_path: Path) -> None:
    reason, left = become(user, tmp_path / "data")
    assert reason is not None
    assert "SOFTPHONE_USER" in reason
    assert left[0] == [0, 0, 0]
    assert not (tmp_path / "data").exists()
