"""The cookie of a session: a family that stays, and a secret that every renewal replaces.

Both are 256 random bits. The store has only their hashes, so that a copy of the database opens no
session.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace

from softphone_common.process.secret_hash import hash_secret

NAME = "softphone_session"
PATH = "/api/session"
"""The cookie is sent to these routes alone, so no other route can be reached by cookie."""


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The value `<family>.<secret>`; a cookie of 0.1.0 is a family alone."""

    family: str
    secret: str = ""

    @classmethod
    def new(cls) -> "SessionCookie":
        """A cookie that nobody has seen before."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str) -> "SessionCookie":
        """The cookie in the value that a browser sent, whether it opens a session or not."""
        family, _, secret = text.partition(".")
        return cls(family, secret)

    def __str__(self) -> str:
        return f"{self.family}.{self.secret}"

    @property
    def session(self) -> str:
        """The id of the session, which tokens carry; it opens nothing."""
        return hash_secret(self.family)

    @property
    def hash(self) -> str | None:
        """The hash of the secret; None for a cookie without one."""
        return hash_secret(self.secret) if self.secret else None

    def successor(self, salt: str) -> "SessionCookie":
        """The next cookie of the family, equal for everybody who has this cookie and the salt.

        The store keeps the salt. So the server can repeat an answer that was lost without storing
        a secret, and nobody computes the next cookie from this one alone.
        """
        key, text = str(self).encode(errors="surrogatepass"), salt.encode()
        return replace(self, secret=hmac.new(key, text, hashlib.sha256).hexdigest())

    def replacement(self) -> "SessionCookie":
        """A cookie of the family that cannot be computed from this one."""
        return replace(self, secret=secrets.token_urlsafe(32))
