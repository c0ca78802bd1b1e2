"""The demo tenant: activated once, with the key of the onebox, in old data folders as well."""

import json
import os
import stat
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from pymongo import AsyncMongoClient

from softphone_common.process.ed25519 import encode_private_key, encode_public_key
from softphone_common.process.settings import EXIT_BAD_SETTINGS
from softphone_ingest.devices.sealing import Seal
from softphone_onebox.__main__ import main, private_log
from softphone_onebox.box import Box
from softphone_onebox.demo import TENANT, Demo
from softphone_onebox.keys import Keys
from softphone_onebox.settings import OneboxSettings
from softphone_testing.activation_codes import KEY, PUBLIC_KEY
from softphone_testing.real_servers import RealServer
from support.product import Json
from support.stack.activation import put_tenant
from support.stack.installation import Installation, database


async def test_demo_tenant_is_activated_once(installation: Installation, tmp_path: Path) -> None:
    demo = Demo(installation.url, installation.tokens, tmp_path / "demo.json", KEY)

    async def shown() -> Json:
        return await installation.get("/api/tenant", installation.token(TENANT))

    assert (await put_tenant(installation, TENANT, {"name": "Demo GmbH"})).json()[
        "state"
    ] == "no-code"
    demo.facts.write_text(
        json.dumps({"tenant": TENANT})
    )  # a data folder from before activation codes
    await demo.ensure()
    activated = await shown()
    assert activated["state"] == "active"

    demo.facts.unlink()
    facts = await demo.ensure()
    assert len(facts["users"]) == 4
    answer = await installation.phone(facts["device"]["key"]).hit(
        "missed", extension="21", number="1"
    )
    assert answer.status_code == 202, answer.text
    assert (await shown())["activation"] == activated["activation"]


def onebox_keys(folder: Path, **settings: Any) -> Keys:
    return Keys(OneboxSettings(data_dir=folder, **settings))


def test_onebox_keeps_its_keys_for_its_owner_only(tmp_path: Path) -> None:
    first, again = onebox_keys(tmp_path), onebox_keys(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {
        "token_signing_key",
        "sealing_keys",
        "second_factor_keys",
        "source_keys",
    }
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    keys = ("token_signing_key", "sealing_keys", "second_factor_keys", "source_keys")
    for name in ("token_public_keys", *keys):
        assert first.settings_of_services[name] == again.settings_of_services[name]


def test_onebox_of_an_earlier_release_reads_what_it_sealed(tmp_path: Path) -> None:
    old = "the secret that an earlier release made"
    (tmp_path / "auth_secret").write_text(old)
    sealed = Seal(SecretStr(old)).encrypt("a device's key")
    updated = onebox_keys(tmp_path).sealing
    assert Seal(updated).decrypt(sealed) == "a device's key"
    assert Seal(SecretStr(old)).decrypt(Seal(updated).encrypt("new")) is None


async def test_onebox_with_a_new_key_encrypts_its_devices(
    mongodb: RealServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old, new = "the key that has to go".ljust(32, "!"), "the key in its place".ljust(32, "!")
    url = database(mongodb.url, f"onebox-{uuid4().hex[:12]}")
    monkeypatch.setenv("SOFTPHONE_MONGO_URL", url)
    monkeypatch.setenv("SOFTPHONE_AMQP_URL", "amqp://unused")
    monkeypatch.setenv("SOFTPHONE_REDIS_URL", "redis://unused")
    lines: list[str] = []

    async def prepare(keys: str) -> None:
        settings = OneboxSettings(data_dir=tmp_path, sealing_keys=SecretStr(keys))
        await Box(settings, lines.append).reseal()

    device = {"_id": "d1", "tenant": "t", "name": "Desk", "key_hash": "h", "secret_sealed": ""}
    client: AsyncMongoClient[Json] = AsyncMongoClient(url)
    async with client:
        devices = client.get_default_database()["devices"]
        await devices.insert_one({**device, "key_sealed": Seal(SecretStr(old)).encrypt("key")})
        await prepare(old)
        assert lines == []
        await prepare(f"{new},{old}")
        stored = await devices.find_one({"_id": "d1"})
        assert stored is not None
        assert Seal(SecretStr(new)).decrypt(stored["key_sealed"]) == "key"
        await prepare(f"{old},{old}")
    assert [line.partition(" ")[0] for line in lines] == ["All", "No"]


def test_onebox_keeps_no_private_key_of_activation_codes(tmp_path: Path) -> None:
    kept = onebox_keys(tmp_path)
    again = onebox_keys(tmp_path, activation_public_key=PUBLIC_KEY)
    public = again.settings_of_services["activation_public_key"]
    assert public == f"{encode_public_key(again.activation)},{PUBLIC_KEY}"
    assert encode_public_key(kept.activation) not in public
    secret = encode_private_key(kept.activation)
    assert [file for file in tmp_path.iterdir() if secret in file.read_text()] == []
    configured = onebox_keys(tmp_path, activation_private_key=SecretStr(secret))
    assert encode_private_key(configured.activation) == secret


def test_key_file_of_an_earlier_release_is_mentioned(tmp_path: Path) -> None:
    assert onebox_keys(tmp_path).notice is None
    (tmp_path / "activation_private_key").write_text("old")
    assert str(tmp_path / "activation_private_key") in str(onebox_keys(tmp_path).notice)


def test_withdrawn_setting_stops_the_onebox_before_its_servers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("SOFTPHONE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SOFTPHONE_SWEEP_HOUR", "4")
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == EXIT_BAD_SETTINGS
    output = capsys.readouterr()
    assert "SOFTPHONE_SWEEP_HOUR is withdrawn" in output.out + output.err
    assert not (tmp_path / "data").exists()


def test_data_folder_and_log_are_for_their_user_only(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        folder = tmp_path / "data"
        log = private_log(folder)
        (folder / "later").write_text("made by whatever runs in the process")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        log.chmod(0o644)
        assert stat.S_IMODE(private_log(folder).stat().st_mode) == 0o600
    finally:
        os.umask(before)
