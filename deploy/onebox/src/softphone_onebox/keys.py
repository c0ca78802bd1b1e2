"""The keys of a onebox: those of its settings, or keys made once and kept in the data folder."""

import secrets
from typing import Any

from pydantic import SecretStr

from softphone_common.process.ed25519 import (
    PrivateKey,
    decode_private_key,
    encode_private_key,
    encode_public_key,
)
from softphone_onebox.settings import OneboxSettings
from softphone_testing.servers.identity import write_private


class Keys:
    """The keys that sign tokens, seal devices' secrets and sign the demo's activation code."""

    def __init__(self, settings: OneboxSettings) -> None:
        self._settings = settings
        self._folder = settings.data_dir.absolute()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.token_signing = self._token_signing_key()
        self.sealing = self._sealing_keys()
        self.second_factors = self._kept("second_factor_keys", secrets.token_urlsafe(32))
        self.sources = self._kept("source_keys", secrets.token_urlsafe(32))
        self.activation = self._activation_key()
        code = secrets.token_urlsafe(18)
        self.setup_code = None if settings.demo else self._kept("setup_code", code)

    @property
    def settings_of_services(self) -> dict[str, Any]:
        """The settings of all services that have to do with keys."""
        configured = self._settings
        return {
            "token_signing_key": SecretStr(encode_private_key(self.token_signing)),
            "token_public_keys": _joined(self.token_signing, configured.token_public_keys),
            "sealing_keys": self.sealing,
            "setup_code": self.setup_code,
            "second_factor_keys": self.second_factors,
            "source_keys": self.sources,
            "activation_public_key": _joined(self.activation, configured.activation_public_key),
        }

    @property
    def notice(self) -> str | None:
        """A line for the terminal about a file of an earlier release that is no longer used."""
        file = self._folder / "activation_private_key"
        if not file.exists():
            return None
        return (
            f"{file} is no longer used. Move it to where activation codes are issued; codes it"
            " signed that are still to be entered need SOFTPHONE_ACTIVATION_PUBLIC_KEY"
        )

    def _token_signing_key(self) -> PrivateKey:
        if (key := self._settings.token_signing_key) is None:
            key = self._kept("token_signing_key", encode_private_key(PrivateKey.generate()))
        return decode_private_key(key.get_secret_value())

    def _sealing_keys(self) -> SecretStr:
        if self._settings.sealing_keys is not None:
            return self._settings.sealing_keys
        # Releases before 0.2.0 sealed with the secret that also signed tokens.
        old = self._folder / "auth_secret"
        earlier = f",{old.read_text().strip()}" if old.exists() else ""
        return self._kept("sealing_keys", f"{secrets.token_urlsafe(32)}{earlier}")

    def _activation_key(self) -> PrivateKey:
        """A key of this process alone: the demo is activated once, and its code is kept, so nobody
        who reads the data folder can sign codes."""
        configured = self._settings.activation_private_key
        if configured is not None:
            return decode_private_key(configured.get_secret_value())
        return PrivateKey.generate()

    def _kept(self, name: str, fresh: str) -> SecretStr:
        """The text in this file, which is written with `fresh` at the first start."""
        file = self._folder / name
        if not file.exists():
            write_private(file, fresh)
        return SecretStr(file.read_text().strip())


def _joined(own: PrivateKey, others: str) -> str:
    return ",".join(filter(None, [encode_public_key(own), others]))
