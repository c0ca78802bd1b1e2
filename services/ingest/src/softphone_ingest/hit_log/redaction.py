"""Takes out of a request what must not be shown to whoever inspects it; changes nothing else."""

import re
from dataclasses import replace

from softphone_ingest.mapping.request import HitRequest

HIDDEN = "***"
_SECRET_MIN = 6
"""A shorter one would also be found in numbers and words it is no part of."""

_SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"}
)
_NAMED = re.compile(
    r"""((?:password|passwort|passwd|pwd|secret|token|api[_-]?key)(?:"|%22)?\s*(?:[=:>]|%3A)\s*"?)"""
    r"""(?:(?<=")[^"]+|[^"&<,;}\s]+)""",
    re.I,
)
"""What follows such a name in a query, a form, JSON or XML."""


def redacted(request: HitRequest, *secrets: str | None) -> HitRequest:
    """The request without these texts, wherever they stand, and without credentials."""
    given = [secret for secret in secrets if secret and len(secret) >= _SECRET_MIN]

    def clean(text: str) -> str:
        for secret in given:
            text = text.replace(secret, HIDDEN)
        return _NAMED.sub(rf"\1{HIDDEN}", text)

    body = request.body
    for secret in given:
        body = body.replace(secret.encode(), HIDDEN.encode())
    body = _NAMED.sub(rf"\1{HIDDEN}", body.decode("latin-1")).encode("latin-1")  # any bytes
    headers = {
        name: HIDDEN if name in _SECRET_HEADERS else clean(value)
        for name, value in request.headers.items()
    }
    return replace(
        request, path=clean(request.path), query=clean(request.query), headers=headers, body=body
    )
