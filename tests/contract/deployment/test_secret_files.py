"""The script that makes secrets, and the services that read them."""

import re
import stat
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from softphone_common.process.clock import utc_now
from softphone_common.process.ed25519 import decode_private_key
from softphone_common.process.settings import PREFIX, load
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.settings import IngestSettings
from softphone_ingest.tenants.activation import ActivationCodes, issue
from support.deployment import (
    COMPOSE,
    CONTAINERS,
    DEPLOY,
    SERVERS,
    SETTINGS,
    activation_folder,
    configured,
    make_secrets,
    secrets_of,
)


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
    folder = tmp_path / "secrets.d"
    make_secrets(folder)
    read = {file.name: file.read_text() for file in folder.iterdir()}
    for name, kind in SETTINGS.items():
        secrets = secrets_of(name)
        for setting, value in configured(name).items():
            if setting.endswith("_file"):
                monkeypatch.setenv(
                    PREFIX + setting.upper(), str(folder / secrets[value.rpartition("/")[2]])
                )
        settings = kind()
        urls = [settings.amqp_url, settings.mongo_url, settings.redis_url]
        parts = [urlsplit(url.get_secret_value()) for url in urls]
        assert {part.hostname: part.port for part in parts} == SERVERS
        assert [part.password for part in parts] == [
            read[f"{name}_amqp_password"],
            read[f"{name}_mongo_password"],
            read["redis_password"],
        ]
    key = decode_private_key((activation_folder(folder) / "activation_private_key").read_text())
    code = issue(key, "huber", 25, utc_now(), utc_now() + timedelta(days=1))
    codes = ActivationCodes(load(IngestSettings).activation_public_key)
    assert codes.verify(code, "huber", utc_now()).seats == 25
    assert f"default_pass = {read['amqp_password']}\n" in read["rabbitmq.conf"]
    assert f"requirepass {read['redis_password']}\n" == read["redis.conf"]
    assert re.fullmatch(r"[A-Za-z0-9+/]{6,1024}", read["mongo_key"])
    replica_set = CONTAINERS["mongodb"]["command"][2]
    assert f"replicaSet={replica_set}" in read["mongo_url"]
    assert f'_id: "{replica_set}"' in (DEPLOY / "mongodb" / "initiate.js").read_text()


def test_private_key_of_activation_codes_leaves_the_folder(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "secrets.d", activation_folder(tmp_path / "secrets.d")
    make_secrets(folder)
    key = elsewhere / "activation_private_key"
    assert "activation_private_key" not in {file.name for file in folder.iterdir()}
    assert (stat.S_IMODE(elsewhere.stat().st_mode), stat.S_IMODE(key.stat().st_mode)) == (
        *(0o700, 0o400),
    )
    private, public = key.read_text(), (folder / "activation_public_key").read_text()

    # an earlier release kept the key in the folder
    key.rename(folder / "activation_private_key")
    make_secrets(folder)
    assert not (folder / "activation_private_key").exists()
    assert (key.read_text(), stat.S_IMODE(key.stat().st_mode)) == (private, 0o400)
    assert (folder / "activation_public_key").read_text() == public


def test_secrets_of_an_earlier_release_stay_readable(tmp_path: Path) -> None:
    folder, old = tmp_path / "secrets.d", "0123456789abcdef" * 6
    folder.mkdir()
    (folder / "auth_secret").write_text(old)
    sealed = Seal(SecretStr(old)).encrypt("a device's key")
    make_secrets(folder)
    updated = SecretStr((folder / "sealing_keys").read_text())
    assert Seal(updated).decrypt(sealed) == "a device's key"
    assert Seal(SecretStr(old)).decrypt(Seal(updated).encrypt("new")) is None


@pytest.mark.parametrize(
    ("secret", "owner"),
    [
        ("token_signing_key", "notifier"),
        ("sealing_keys", "ingest"),
        ("second_factor_keys", "notifier"),
        ("source_keys", "matcher"),
        ("operator_password", "notifier"),
    ],
)
def test_key_is_in_the_container_of_its_service_alone(secret: str, owner: str) -> None:
    holders = {name for name, c in CONTAINERS.items() if secret in map(str, c.get("secrets", ()))}
    assert holders == {owner}
