"""Checks that a request was signed with the device's secret, as its mapping describes."""

import base64
import hashlib
import hmac
from collections.abc import Callable

from softphone_ingest.mapping.reader import Reader
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import SLOT, Verification


def verified(reader: Reader, secret: str, url: str) -> bool:
    """Whether the request is signed with the secret. `url` is the whole one as the sender wrote it.

    Any request passes for a mapping without `verify`.
    """
    rule = reader.mapping.verify
    if rule is None:
        return True
    signature = reader.value(rule.source)
    match rule.method:
        case "equal":
            return _equal(signature, secret)
        case "basic":
            return _equal(_basic_password(signature), secret)
        case "hmac":
            # hexadecimal digits may be of either case
            signature = signature.lower() if rule.encoding == "hex" else signature
            urls = _url_spellings(url) if rule.over != "body" else (url,)
            # Senders that pack their bodies sign what they packed (Stream, Quicknode), whereas a
            # Content-Digest covers what was sent (RFC 9530, section 2). Either needs the secret.
            bodies = (reader.request.body, *filter(None, [reader.request.packed]))
            return any(
                _equal(signature, _hmac(reader, secret, address, body, rule))
                for address in urls
                for body in bodies
            )


def signed_url(url: str, request: HitRequest) -> str:
    """The whole address as the sender wrote it; some senders sign it."""
    return f"{url}{request.path}" + (f"?{request.query}" if request.query else "")


def _hmac(reader: Reader, secret: str, url: str, body: bytes, rule: Verification) -> str:
    signed = body
    if rule.over == "url-and-form":
        # Twilio: the URL, then each parameter's name and value, sorted by name
        pairs = sorted((name, value) for name, values in reader.form.items() for value in values)
        signed = (url + "".join(name + value for name, value in pairs)).encode()
    elif rule.over != "body":
        signed = _fill_signed(rule.over, lambda source: _signed_part(reader, url, body, source))
    digest = hmac.new(secret.encode(), signed, getattr(hashlib, rule.hash))
    if rule.encoding == "hex":
        return digest.hexdigest()
    return base64.b64encode(digest.digest()).decode()


def _signed_part(reader: Reader, url: str, body: bytes, source: str) -> bytes:
    if source == "body":
        return body
    return (url if source == "url" else reader.value(source)).encode()


def _fill_signed(template: str, text_at: Callable[[str], bytes]) -> bytes:
    """The template with all its texts as bytes, empty ones too, as a signature covers it."""
    parts = SLOT.split(template)
    return b"".join(text_at(part) if n % 2 else part.encode() for n, part in enumerate(parts))


def _url_spellings(url: str) -> tuple[str, ...]:
    """The address as it is, and with the usual port of its scheme added or removed.

    Twilio signs some addresses with the port and some without; its own validators try both.
    """
    scheme, _, rest = url.partition("://")
    port = {"https": ":443", "http": ":80"}.get(scheme)
    end = min((rest.index(mark) for mark in "/?" if mark in rest), default=len(rest))
    host, behind = rest[:end], rest[end:]
    if port is None:
        return (url,)
    if host.endswith(port):
        return url, f"{scheme}://{host.removesuffix(port)}{behind}"
    return (url,) if ":" in host.rpartition("]")[2] else (url, f"{scheme}://{host}{port}{behind}")


def _basic_password(header: str) -> str:
    """The password in an Authorization header of scheme Basic (RFC 7617), else an empty text."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials).decode().partition(":")[2]
    except ValueError:
        return ""


def _equal(text: str, secret: str) -> bool:
    # takes as long for a nearly right text as for any other, so the secret can't be guessed by time
    return hmac.compare_digest(text.encode(), secret.encode())
