"""What to paste into a sender's settings: its preset's lines with a device's own URL in them."""

from fastapi import Request
from pydantic import BaseModel

from softphone_ingest.mapping.presets.preset import Paste, Preset, Text

UNKNOWN_EXTENSION = "EXTENSION"


class Pasted(BaseModel):
    """One thing to paste: `text` as a whole, the `url` in it, and whether it fits the setting."""

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


class DeviceUrls(BaseModel):
    """All of a device's."""

    preset: str
    title: str
    notes: tuple[Text, ...]
    items: tuple[Pasted, ...]


def public_base(request: Request, public_url: str) -> str:
    """The address phones reach us at: as set, else as this request came."""
    if public_url:
        return public_url.rstrip("/")
    return f"{request.url.scheme}://{request.url.netloc}"


def device_url(public: str, key: str) -> str:
    """Where a device's hits go."""
    return f"{public}/hit/{key}"


def device_urls(preset: Preset, base: str, extension: str | None) -> DeviceUrls:
    """The lines for a device with this URL. A line over the sender's limit says so itself."""
    return DeviceUrls(
        preset=preset.id,
        title=preset.title,
        notes=preset.notes,
        items=tuple(_pasted(line, base, extension, preset.paste_max) for line in preset.paste),
    )


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
