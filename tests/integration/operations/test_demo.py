"""The demo tenant: activated once, with the key of the onebox, in old data folders as well."""

import json
import stat
from pathlib import Path

from pydantic import SecretStr

from softphone_ingest.tenants.activation import PrivateKey, encode_private_key, encode_public_key
from softphone_onebox.box import Box
from softphone_onebox.demo import TENANT, Demo
from softphone_onebox.settings import OneboxSettings
from softphone_testing.activation_codes import KEY, PUBLIC_KEY
from support.product import Json
from support.stack.activation import put_tenant
from support.stack.installation import Installation


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


def quietly(_: str) -> None:
    """Prints no text at all."""


def test_activation_key_is_kept_and_can_be_replaced(tmp_path: Path) -> None:
    kept = Box(OneboxSettings(data_dir=tmp_path), quietly)
    file = tmp_path / "activation_private_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = Box(OneboxSettings(data_dir=tmp_path, activation_public_key=PUBLIC_KEY), quietly)
    own = encode_public_key(kept.activation_key)
    assert encode_public_key(again.activation_key) == own
    assert (kept.activation_public_keys, again.activation_public_keys) == (
        *(own, f"{PUBLIC_KEY},{own}"),
    )
    configured = PrivateKey.generate()
    secret = SecretStr(encode_private_key(configured))
    other = Box(OneboxSettings(data_dir=tmp_path, activation_private_key=secret), quietly)
    assert encode_private_key(other.activation_key) == encode_private_key(configured)
    assert other.activation_public_keys == encode_public_key(configured)
