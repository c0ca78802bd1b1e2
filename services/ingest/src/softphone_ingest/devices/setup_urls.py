"""Fills the lines of a preset with a device's URL, to be pasted into the sender's settings."""

from pydantic import BaseModel

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


class DeviceUrls(BaseModel):
    """All lines to paste for one device, with notes on how its make is set up."""

    preset: str
    title: str
    notes: tuple[Text, ...]
    items: tuple[Pasted, ...]


def device_urls(preset: Preset, base: str, extension: str | None) -> DeviceUrls:
    """The lines for a device with this URL; without `extension` they keep a placeholder for it."""
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
