"""A device as ingest stores it, its key, and the URL that carries the key."""

import secrets

from fastapi import Request

from softphone_common.contracts.entities import Device, DeviceFields


class StoredDevice(DeviceFields):
    """A device with its key and its sender's secret, both sealed, as they never leave ingest.

    `Device`, which travels on the bus, is another type and no base of this one, so pydantic
    refuses to put a stored device into a message.
    """

    key_sealed: str = ""
    secret_sealed: str = ""

    def published(self) -> Device:
        """The device without anything sealed."""
        return Device.model_validate(self, from_attributes=True)


def new_key() -> str:
    """A key of 22 characters for a device's URL: 128 random bits."""
    return secrets.token_urlsafe(16)


def public_base(request: Request, public_url: str) -> str:
    """The address phones reach this installation at: as set, else as the request came."""
    if public_url:
        return public_url.rstrip("/")
    return f"{request.url.scheme}://{request.url.netloc}"


def device_url(public: str, key: str) -> str:
    """The URL a device's hits begin with."""
    return f"{public}/hit/{key}"
