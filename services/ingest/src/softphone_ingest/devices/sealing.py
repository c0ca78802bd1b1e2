"""Encrypts the keys of devices and the secrets of senders, which ingest alone reads again."""

from pydantic import SecretStr

from softphone_common.process.sealing import Seal as AnySeal

_PURPOSE = b"softphone ingest device secrets"


class Seal(AnySeal):
    """The seal of devices, with the keys of SOFTPHONE_SEALING_KEYS."""

    def __init__(self, keys: SecretStr) -> None:
        super().__init__(keys, _PURPOSE)
