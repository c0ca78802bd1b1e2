"""Encrypts the secrets of sources, which matcher alone reads again."""

from pydantic import SecretStr

from softphone_common.process.sealing import Seal
from softphone_matcher.outbound.client import Credentials
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.sources.source import StoredSource

_PURPOSE = b"softphone matcher source secrets"


class SourceSecrets:
    """The secrets of sources, sealed with the keys of SOFTPHONE_SOURCE_KEYS; none without a key."""

    def __init__(self, keys: SecretStr | None) -> None:
        self._seal = None if keys is None else Seal(keys, _PURPOSE)

    @property
    def is_available(self) -> bool:
        """Whether there is a key."""
        return self._seal is not None

    def seal(self, secret: str) -> str:
        """The secret as it is stored. Raises SourceError without a key."""
        if self._seal is None:
            raise SourceError("source-keys-missing")
        return self._seal.encrypt(secret)

    def credentials(self, source: StoredSource) -> Credentials:
        """The name and the secret that are sent to the source.

        Raises SourceError `source-secret-unreadable` for a secret under a key that is gone.
        """
        if source.credentials == "none":
            return Credentials()
        secret = self._seal and self._seal.decrypt(source.sealed)
        if not secret:
            raise SourceError("source-secret-unreadable")
        return Credentials(source.credentials, source.credentials_name, secret)
