"""Checks that a request was signed with the device's secret, as its mapping describes."""

import base64
import hashlib
import hmac

from softphone_ingest.mapping.reader import Reader
from softphone_ingest.mapping.schema import Verification


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
            return _equal(signature, _hmac(reader, secret, url, rule))


def _hmac(reader: Reader, secret: str, url: str, rule: Verification) -> str:
    signed = reader.request.body
    if rule.over == "url-and-form":
        # Twilio: the URL, then each parameter's name and value, sorted by name
        pairs = sorted((name, value) for name, values in reader.form.items() for value in values)
        signed = (url + "".join(name + value for name, value in pairs)).encode()
    digest = hmac.new(secret.encode(), signed, getattr(hashlib, rule.hash))
    if rule.encoding == "hex":
        return digest.hexdigest()
    return base64.b64encode(digest.digest()).decode()


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
