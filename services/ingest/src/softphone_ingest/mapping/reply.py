"""What a sender is told, where it expects more than that its request was taken."""

import json
from dataclasses import dataclass
from html import escape

from softphone_ingest.mapping.schema import Answer


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, content type and body of an answer."""

    status: int
    content_type: str
    body: str


def filled(answer: Answer, base: str, call_id: str) -> Reply:
    """The answer with the device's URL and our call in it, escaped as its type of text needs."""

    def safe(text: str) -> str:
        if "xml" in answer.content_type:
            return escape(text)
        return json.dumps(text)[1:-1] if "json" in answer.content_type else text

    body = answer.body.replace("{base}", safe(base)).replace("{call_id}", safe(call_id))
    return Reply(answer.status, answer.content_type, body)
