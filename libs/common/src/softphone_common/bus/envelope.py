"""Messages on the wire: CloudEvents attributes as headers, the payload alone as body."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from softphone_common.contracts.catalogue import BY_TYPE
from softphone_common.contracts.events import Message
from softphone_common.process.errors import PoisonError
from softphone_common.process.telemetry import traceparent

_PREFIX = "cloudEvents_"
_TRACE_HEADER = "traceparent"
MESSAGE_MAX = 1 << 20
"""Bytes of a message's body. A broker that gets a message over its own limit, which is higher,
closes the channel, and with it all that others publish there."""
ATTEMPT_HEADER = "softphone-attempt"
REASON_HEADER = "softphone-reason"
QUEUE_HEADER = "softphone-queue"


@dataclass(frozen=True, slots=True)
class Envelope:
    """Body and headers in binary mode of the CloudEvents 1.0 AMQP binding."""

    body: bytes
    headers: dict[str, Any] = field(default_factory=dict)
    routing_key: str = ""

    @property
    def id(self) -> str:
        """The CloudEvents id, or an empty text if the sender left it out."""
        return str(self.headers.get(_PREFIX + "id", ""))

    @property
    def type(self) -> str:
        """The CloudEvents type, or an empty text if the sender left it out."""
        return str(self.headers.get(_PREFIX + "type", ""))

    @property
    def tenant(self) -> str:
        """The tenant the message belongs to, or an empty text if the sender left it out."""
        return str(self.headers.get(_PREFIX + "tenant", ""))

    @property
    def subject(self) -> str:
        """The CloudEvents subject, such as the id of a call, or an empty text."""
        return str(self.headers.get(_PREFIX + "subject", ""))

    @property
    def time(self) -> datetime | None:
        """When the message was packed, None if the sender left that out."""
        try:
            time = datetime.fromisoformat(str(self.headers.get(_PREFIX + "time", "")))
        except ValueError:
            return None
        return time if time.tzinfo else None

    @property
    def traceparent(self) -> str:
        """The W3C trace context, or an empty text if the sender left it out."""
        return str(self.headers.get(_TRACE_HEADER, ""))

    @property
    def log_ids(self) -> dict[str, str]:
        """The fields by which log lines about this message are found."""
        return {"id": self.id, **log_ids(self.type, self.tenant, self.subject)}

    @property
    def attempt(self) -> int:
        """How many tries to handle the message have failed."""
        value = self.headers.get(ATTEMPT_HEADER, 0)
        return value if isinstance(value, int) else 0


def log_ids(type_: str, tenant: str, subject: str) -> dict[str, str]:
    """The fields by which log lines about a message of this type are found."""
    entry = BY_TYPE.get(type_)
    about = "call" if entry is not None and entry.message.noun == "call" else "subject"
    return {"tenant": tenant, about: subject}


def pack(message: Message, source: str) -> Envelope:
    """Packs a message that the service `source` sends, within the current trace.

    Raises PoisonError if the message is over MESSAGE_MAX: no later try makes it smaller.
    """
    body = message.model_dump_json().encode()
    if len(body) > MESSAGE_MAX:
        raise PoisonError(f"{message.type} of {len(body)} bytes is over {MESSAGE_MAX}")
    headers = {
        _PREFIX + "specversion": "1.0",
        _PREFIX + "id": str(uuid4()),
        _PREFIX + "source": f"/softphone/{source}",
        _PREFIX + "type": message.type,
        _PREFIX + "time": datetime.now(UTC).isoformat(),
        _PREFIX + "subject": message.subject,
        _PREFIX + "tenant": message.tenant,
        _TRACE_HEADER: traceparent(message.subject),
    }
    return Envelope(body, headers, message.routing_key)


def unpack(envelope: Envelope) -> Message:
    """Decodes the message. Raises PoisonError that names the unknown type or the bad field."""
    entry = BY_TYPE.get(envelope.type)
    if entry is None:
        raise PoisonError(f"unknown message type {envelope.type!r}")
    try:
        return entry.message.model_validate_json(envelope.body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise PoisonError(f"{envelope.type}: {place}: {first['msg']}") from None
