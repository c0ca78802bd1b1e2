"""Fills the reply a sender expects, for senders that read more than the status."""

import json
from dataclasses import dataclass
from html import escape

from softphone_ingest.mapping.schema import ReplyTemplate


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, content type and body of a response. An empty content type sends none."""

    status: int
    content_type: str
    body: str


def fill_template(template: ReplyTemplate, base: str, call_id: str) -> Reply:
    """The reply with the device's URL for `{base}` and our id of the call for `{call_id}`.

    Both are escaped for the content type: as XML, or as the inside of a JSON string.
    """

    def safe(text: str) -> str:
        if "xml" in template.content_type:
            return escape(text)
        return json.dumps(text)[1:-1] if "json" in template.content_type else text

    body = template.body.replace("{base}", safe(base)).replace("{call_id}", safe(call_id))
    return Reply(template.status, template.content_type, body)
