"""The script that makes secrets, and the services that read them."""

import re
import stat
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from softphone_common.process.clock import utc_now
from softphone_common.process.settings import PREFIX, load
from softphone_ingest.settings import IngestSettings
from softphone_ingest.tenants.activation import ActivationCodes, decode_private_key, issue
from support.deployment import COMPOSE, CONTAINERS, SERVERS, SETTINGS, configured, make_secrets


def test_secrets_script_makes_every_secret_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets.d"
    make_secrets(folder)
    made = {file.name: file.read_text() for file in folder.iterdir()}
    for name, secret in COMPOSE["secrets"].items():
        assert secret["file"] == f"secrets.d/{name}"
        assert name in made
    for container in CONTAINERS.values():
        for secret in container.get("secrets", ()):
            assert (secret if isinstance(secret, str) else secret["source"]) in COMPOSE["secrets"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # containers run as other users, and a mounted file keeps its mode
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o444}

    (folder / "redis_url").unlink()
    make_secrets(folder)
    assert {file.name: file.read_text() for file in folder.iterdir()} == made


def test_secrets_of_two_installations_differ(tmp_path: Path) -> None:
    make_secrets(tmp_path / "a")
    make_secrets(tmp_path / "b")
    for file in (tmp_path / "a").iterdir():
        assert file.read_text() != (tmp_path / "b" / file.name).read_text()


def test_services_read_the_secrets_and_find_their_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_secrets(tmp_path)
    read = {file.name: file.read_text() for file in tmp_path.iterdir()}
    for name, kind in SETTINGS.items():
        for setting, value in configured(name).items():
            if setting.endswith("_file"):
                monkeypatch.setenv(
                    PREFIX + setting.upper(), value.replace("/run/secrets", str(tmp_path))
                )
        settings = kind()
        urls = [settings.amqp_url, settings.mongo_url, settings.redis_url]
        parts = [urlsplit(url.get_secret_value()) for url in urls]
        assert {part.hostname: part.port for part in parts} == SERVERS
        assert [part.password for part in parts] == [
            read["amqp_password"],
            read["mongo_password"],
            read["redis_password"],
        ]
    key = decode_private_key(read["activation_private_key"])
    code = issue(key, "huber", 25, utc_now(), utc_now() + timedelta(days=1))
    codes = ActivationCodes(load(IngestSettings).activation_public_key)
    assert codes.verify(code, "huber", utc_now()).seats == 25
    assert f"default_pass = {read['amqp_password']}\n" in read["rabbitmq.conf"]
    assert f"requirepass {read['redis_password']}\n" == read["redis.conf"]
    assert re.fullmatch(r"[A-Za-z0-9+/]{6,1024}", read["mongo_key"])
    replica_set = CONTAINERS["mongodb"]["command"][2]
    assert f"replicaSet={replica_set}" in read["mongo_url"]
    assert f'_id: "{replica_set}"' in CONTAINERS["mongodb"]["healthcheck"]["test"][-1]
