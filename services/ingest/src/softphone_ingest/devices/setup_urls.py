"""Fills the lines of a preset with a device's URL, to be pasted into the sender's settings."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel

from softphone_common.process.host_names import host_name, is_loopback
from softphone_ingest.mapping.presets.preset import Paste, Preset, Text

UNKNOWN_EXTENSION = "EXTENSION"


class Pasted(BaseModel):
    """One line to paste. `text` is the whole line, `url` the URL in it.

    `limit` is the number of characters the sender's setting takes, and `fits` says whether the
    line is within it.
    """

    label: str
    events: tuple[str, ...]
    method: str
    url: str
    text: str
    content_type: str
    body: str
    length: int
    limit: int | None
    fits: bool


AddressWarning = Literal["loopback", "unencrypted", "unset"]


class DeviceUrls(BaseModel):
    """All lines to paste for one device, with notes on how its make is set up.

    `warning` says why the sender may not reach the URLs: `loopback` is this machine only, a cloud
    service gets no `unencrypted` address, and `unset` is the address of the browser's request,
    since SOFTPHONE_PUBLIC_URL is not set.
    """

    preset: str
    title: str
    notes: tuple[Text, ...]
    items: tuple[Pasted, ...]
    pop: str | None = None
    """Address of the page of the caller, for senders that can open one in a browser."""
    warning: AddressWarning | None = None


def address_warning(preset: Preset, public: str, *, is_set: bool) -> AddressWarning | None:
    """Why a sender of this preset may not reach the public address; None if nothing is known."""
    url = urlsplit(public)
    if is_loopback(host_name(url.netloc)):
        return "loopback"
    # the hits of a cloud service cross the internet, with the device's key in their address
    if preset.kind == "cloud" and url.scheme == "http":
        return "unencrypted"
    return None if is_set else "unset"


def device_urls(preset: Preset, base: str, extension: str | None) -> DeviceUrls:
    """The lines for a device with this URL; without `extension` they keep a placeholder for it."""
    return DeviceUrls(
        preset=preset.id,
        title=preset.title,
        notes=preset.notes,
        items=tuple(_pasted(line, base, extension, preset.paste_max) for line in preset.paste),
        pop=_pop(preset.pop, base, extension) if preset.pop else None,
    )


def _pop(query: str, base: str, extension: str | None) -> str:
    """The page of the caller, which needs no key."""
    origin, _, _ = base.rpartition("/hit/")
    return f"{origin}/pop?{query.replace('{extension}', extension or UNKNOWN_EXTENSION)}"


def _pasted(line: Paste, base: str, extension: str | None, limit: int | None) -> Pasted:
    def filled(text: str) -> str:
        own = extension or UNKNOWN_EXTENSION
        return text.replace("{base}", base).replace("{extension}", own)

    url = filled(line.url)
    text = filled(line.line).replace("{url}", url)
    return Pasted(
        label=line.label,
        events=line.events,
        method=line.method,
        url=url,
        text=text,
        content_type=line.content_type,
        body=filled(line.body),
        length=len(text),
        limit=limit,
        fits=limit is None or len(text) <= limit,
    )
