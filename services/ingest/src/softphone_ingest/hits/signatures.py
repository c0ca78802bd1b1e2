"""Checks that a request comes from somebody who knows the device's secret."""

import base64
import hashlib
import hmac

from softphone_ingest.mapping.reader import Reader
from softphone_ingest.mapping.schema import Verification


def verified(reader: Reader, secret: str, url: str) -> bool:
    """Whether the request is signed with the secret, as its mapping says the sender signs.

    `url` is the whole address as the sender wrote it. A mapping that says nothing of signatures
    has nothing to check.
    """
    how = reader.mapping.verify
    if how is None:
        return True
    given = reader.value(how.source)
    match how.method:
        case "equal":
            return _same(given, secret)
        case "basic":
            return _same(_password(given), secret)
        case "hmac":
            return _same(_comparable(given, how), _signature(reader, secret, url, how))


def _signature(reader: Reader, secret: str, url: str, how: Verification) -> str:
    signed = reader.request.body
    if how.over == "url-and-form":
        said = sorted((name, value) for name, values in reader.form.items() for value in values)
        signed = (url + "".join(name + value for name, value in said)).encode()
    digest = hmac.new(secret.encode(), signed, getattr(hashlib, how.hash))
    if how.encoding == "hex":
        return digest.hexdigest()
    return base64.b64encode(digest.digest()).decode()


def _comparable(given: str, how: Verification) -> str:
    return given.lower() if how.encoding == "hex" else given


def _password(header: str) -> str:
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given).decode().partition(":")[2]
    except ValueError:
        return ""


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
