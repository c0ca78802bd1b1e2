"""Activation codes for tests, signed with a key that is made anew for each run."""

from datetime import datetime, timedelta

from softphone_common.process.clock import utc_now
from softphone_common.process.ed25519 import PrivateKey, encode_public_key
from softphone_ingest.tenants.activation import issue

KEY = PrivateKey.generate()
PUBLIC_KEY = encode_public_key(KEY)
LONG = timedelta(days=3650)
SEATS = 1000


def code(
    tenant: str, seats: int = SEATS, lasts: timedelta = LONG, now: datetime | None = None
) -> str:
    """A code for this tenant, issued now unless `now` is another time."""
    issued_at = now or utc_now()
    return issue(KEY, tenant, seats, issued_at, issued_at + lasts)
