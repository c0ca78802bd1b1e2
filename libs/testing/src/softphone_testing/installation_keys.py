"""The keys of installations that tests start, made anew for each run."""

import secrets
from typing import Any

from pydantic import SecretStr

from softphone_common.http.auth import TokenIssuer, Tokens
from softphone_common.process.clock import Clock, utc_now
from softphone_common.process.ed25519 import (
    PrivateKey,
    decode_public_keys,
    encode_private_key,
    encode_public_key,
)

SIGNING_KEY = PrivateKey.generate()
PUBLIC_KEYS = encode_public_key(SIGNING_KEY)
SEALING_KEY = secrets.token_urlsafe(32)
FACTOR_KEY = secrets.token_urlsafe(32)
SOURCE_KEY = secrets.token_urlsafe(32)
KEYS: dict[str, Any] = {
    "token_public_keys": PUBLIC_KEYS,
    "token_signing_key": SecretStr(encode_private_key(SIGNING_KEY)),
    "sealing_keys": SecretStr(SEALING_KEY),
    "second_factor_keys": SecretStr(FACTOR_KEY),
    "source_keys": SecretStr(SOURCE_KEY),
}
"""Settings of all services in one process."""

_OWN = {
    "notifier": {
        "SOFTPHONE_TOKEN_SIGNING_KEY": encode_private_key(SIGNING_KEY),
        "SOFTPHONE_SECOND_FACTOR_KEYS": FACTOR_KEY,
    },
    "ingest": {"SOFTPHONE_SEALING_KEYS": SEALING_KEY},
    "matcher": {"SOFTPHONE_SOURCE_KEYS": SOURCE_KEY},
}


def key_variables(service: str) -> dict[str, str]:
    """The variables of a process of this service: nobody gets a key that is not theirs."""
    return {"SOFTPHONE_TOKEN_PUBLIC_KEYS": PUBLIC_KEYS, **_OWN.get(service, {})}


def token_issuer(clock: Clock = utc_now) -> TokenIssuer:
    """Issues tokens that these installations accept."""
    return TokenIssuer(SIGNING_KEY, clock)


def checked_tokens(clock: Clock = utc_now) -> Tokens:
    """Checks tokens as a service of these installations does."""
    return Tokens(decode_public_keys(PUBLIC_KEYS), clock)
