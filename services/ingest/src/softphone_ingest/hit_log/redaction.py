"""Removes secrets from a request before it is stored for the inspector."""

import re
from dataclasses import replace

from softphone_ingest.mapping.request import HitRequest

HIDDEN = "***"
_SECRET_MIN = 6
"""Characters of the shortest secret that is searched for: a shorter text is also part of numbers
and words that are no secret."""

_SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"}
)
_NAMED = re.compile(
    r"""((?:password|passwort|passwd|pwd|secret|token|api[_-]?key)(?:"|%22)?\s*(?:[=:>]|%3A)\s*"?)"""
    r"""(?:(?<=")[^"]+|[^"&<,;}\s]+)""",
    re.I,
)
"""The value behind a name like `password` in a query, a form, JSON or XML."""


def redacted(request: HitRequest, *secrets: str | None) -> HitRequest:
    """The request without these secrets, and without values that are named like secrets."""
    texts = [secret for secret in secrets if secret and len(secret) >= _SECRET_MIN]

    def clean(text: str) -> str:
        for secret in texts:
            text = text.replace(secret, HIDDEN)
        return _NAMED.sub(rf"\1{HIDDEN}", text)

    body = request.body
    for secret in texts:
        body = body.replace(secret.encode(), HIDDEN.encode())
    # Latin-1 has a character for each byte, so the rest of the body comes back unchanged
    body = _NAMED.sub(rf"\1{HIDDEN}", body.decode("latin-1")).encode("latin-1")
    # credentials as a whole: their form is the sender's, so no pattern finds the secret in them
    headers = {
        name: HIDDEN if name in _SECRET_HEADERS else clean(value)
        for name, value in request.headers.items()
    }
    return replace(
        request, path=clean(request.path), query=clean(request.query), headers=headers, body=body
    )
