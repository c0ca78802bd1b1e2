"""The rules for a onebox that listens beyond loopback: its names, its port of metrics, its user."""

import os
import pwd
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from softphone_common.process.host_names import host_and_port, host_name, is_loopback
from softphone_common.process.settings import PREFIX
from softphone_onebox.settings import OneboxSettings

METRICS_PORT = 9464
"""The port that OpenTelemetry's exporter for Prometheus has too."""


def settings_of_services(settings: OneboxSettings) -> dict[str, object]:
    """Where the services listen, and under which names they answer."""
    metrics_port = settings.metrics_port
    if metrics_port is None and not is_loopback(settings.host):
        metrics_port = METRICS_PORT
    return {
        "host": settings.host,
        "port": settings.port,
        "metrics_host": settings.metrics_host,
        "metrics_port": metrics_port,
        "allowed_hosts": ",".join(names(settings)),
    }


def names(settings: OneboxSettings) -> list[str]:
    """The names under which the onebox answers, besides its addresses and localhost.

    They are those of the settings and, if other machines reach the onebox, that of this machine.
    """
    own = {"localhost", host_name(urlsplit(settings.public_url).netloc)}
    own |= set(settings.allowed_hosts.split(","))
    if not is_loopback(settings.host):
        machine = host_name(socket.gethostname())
        own |= {machine, f"{machine}.local", host_name(settings.host)}
    return sorted(own - {""})


def refusal_of_root(settings: OneboxSettings, *, is_root: bool) -> str | None:
    """The reason why a process may not serve a network, and the remedy."""
    if not is_root or is_loopback(settings.host):
        return None
    return (
        f"{PREFIX}HOST={settings.host} lets other machines in, and what they reach must not run as"
        f" root. Start the onebox as another user, or name one to change to: {PREFIX}USER=…"
    )


def base_url(settings: OneboxSettings) -> str:
    """The address at which this process reaches its own port."""
    host = settings.host
    if host in {"0.0.0.0", "::", "127.0.0.1"}:
        host = "localhost"
    return f"http://{host_and_port(host, settings.port)}"


def become(user: str, folder: Path) -> str | None:
    """Gives up root for good before anything is opened. Returns a reason if that is impossible.

    A data folder that is missing is made for the user. One that exists has to be the user's
    already: root gives no files away in a folder that others may have prepared.
    """
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return f"{PREFIX}USER: this machine has no user {user}"
    if entry.pw_uid == 0:
        return f"{PREFIX}USER: {user} is root"
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    if folder.stat().st_uid != entry.pw_uid:
        return f"{PREFIX}DATA_DIR: {folder} is not {user}'s; chown -R {user} {folder}"
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    # the home of such a user often does not exist, and root's caches can't be read any more
    os.environ["HOME"] = str(folder.absolute())
    os.environ.pop("XDG_CACHE_HOME", None)
    programs = {Path(sys.executable): os.X_OK, Path(__file__): os.R_OK, folder: os.W_OK | os.X_OK}
    hidden = [str(path) for path, mode in programs.items() if not os.access(path, mode)]
    return f"{PREFIX}USER: {user} can't use {' and '.join(hidden)}" if hidden else None
