"""Names the call of one event: by the sender's id, by number, or only by extension. Pure."""

import hashlib
import re
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from softphone_common.domain.matching import counterpart_key
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.domain.numbers.placeholders import is_placeholder
from softphone_common.domain.numbers.text import only_digits
from softphone_ingest.mapping.parsed_event import ParsedEvent

PBX, NONE = "pbx", "none"
"""Scopes: ids that are unique in the whole telephone system, and ids that tell no calls apart."""

_NAMESPACE: UUID = uuid5(NAMESPACE_URL, "urn:softphone-connector:call")
_NO_ID = re.compile(r"null|none|undefined|unknown|-+|00+|<[^<>@]*>", re.I)
_WITHHELD = "anonymous"
_NUMBER_MIN = 6
"""Digits from which on an id that ends the other party's number is taken for that number."""
_LOCAL_MILLISECONDS = 3_600_000
"""The counter of one phone stands for one call only within the same hour."""


@dataclass(frozen=True, slots=True)
class CallKeys:
    """The names of an event's call, computed without any memory.

    `external_id` and `linked_id` are the sender's, empty unless usable. `counterpart_key` is the
    other party, spelt in one way, and empty if the event does not mention one.
    """

    tenant: str
    scope: str
    extension: str
    counterpart_key: str
    external_id: str
    linked_id: str

    @property
    def number(self) -> str:
        """The other party if it can be told from others, else an empty text."""
        return "" if self.counterpart_key == _WITHHELD else self.counterpart_key

    @property
    def is_bare(self) -> bool:
        """Whether the event has neither id nor number, at most an extension."""
        return not self.external_id and not self.counterpart_key

    @property
    def is_local(self) -> bool:
        """Whether the name comes up again soon: the counter of one phone, or a mere number."""
        return not self.external_id or self.scope != PBX

    @property
    def keys(self) -> tuple[str, str, str, str]:
        """The keys in Redis of the call, the waiting click, the line, and the call of the second
        id; the last two may be empty."""
        line = _key("line", self.tenant, self.extension) if self.extension else ""
        call = line if self.is_bare and line else _key("call", self.tenant, *self._name)
        linked = _key("call", self.tenant, *self._id(self.linked_id)) if self.linked_id else ""
        return call, click_key(self.tenant, self.extension, self.counterpart_key), line, linked

    def first_call(self, stamp: int, window: int = 1) -> str:
        """Our id of the first call with this name; `stamp` and `window` are milliseconds.

        Of a local id it also depends on the hour: the counter starts again after a reboot, perhaps
        days later, when the call memory has nothing left of the first call. Without an id, every
        `window` has a call of its own.
        """
        if not self.external_id:
            return self.further_call(stamp // window)
        return self._first(self.external_id, stamp)

    def further_call(self, stamp: int) -> str:
        """Our id of a later call with this name."""
        return _uuid(self.tenant, *self._name, str(stamp))

    def linked_call(self, stamp: int) -> str:
        """Our id of the first call with the second id, or an empty text without a second id."""
        return self._first(self.linked_id, stamp) if self.linked_id else ""

    def _first(self, external_id: str, stamp: int) -> str:
        hour = [str(stamp // _LOCAL_MILLISECONDS)] if self.is_local else []
        return _uuid(self.tenant, *self._id(external_id), *hour)

    @property
    def _name(self) -> tuple[str, ...]:
        if self.external_id:
            return self._id(self.external_id)
        return self.extension, "number", self.counterpart_key

    def _id(self, external_id: str) -> tuple[str, ...]:
        return self.scope, "id", external_id


def call_keys(tenant: str, scope: str, event: ParsedEvent) -> CallKeys:
    """The names of the event's call. `scope` is that within which the sender's ids are unique."""
    remote, id_ = event.remote, event.external_id
    own = id_ if is_usable_external_id(scope, id_, remote) else ""
    other = event.linked_id
    linked = other if own and other != own and is_usable_external_id(scope, other, remote) else ""
    return CallKeys(tenant, scope, event.extension, counterpart_of(remote), own, linked)


def is_usable_external_id(scope: str, external_id: str, remote: RemoteNumber | None) -> bool:
    """Whether a sender's call id can tell calls apart within this scope.

    Not usable are missing ids, placeholders the phone did not replace, and the other party's
    number. A phone that counts its own calls may start at 0 and give call 1 to extension 1.
    """
    if scope == NONE or not external_id or is_placeholder(external_id):
        return False
    if _NO_ID.fullmatch(external_id) or (scope == PBX and external_id == "0"):
        return False
    digits = only_digits(external_id)
    if remote is None or digits != external_id.lstrip("+"):
        return True
    significant = digits.lstrip("0")
    if len(significant) < _NUMBER_MIN:
        return scope != PBX or digits != only_digits(remote.raw)
    e164 = only_digits(remote.e164 or "")
    return digits != only_digits(remote.raw) and not e164.endswith(significant)


def counterpart_of(remote: RemoteNumber | None) -> str:
    """The counterpart key for identity, where withheld callers share one; empty without a number.

    Within the short time that identity looks back, two withheld calls at one extension are one.
    """
    if remote is None:
        return ""
    return counterpart_key(remote) or _WITHHELD


def click_key(tenant: str, extension: str, counterpart: str) -> str:
    """The Redis key of a click that waits for this extension to call this party."""
    return _key("click", tenant, extension, counterpart)


def _uuid(*parts: str) -> str:
    return str(uuid5(_NAMESPACE, "\x1f".join(parts)))


def _key(noun: str, tenant: str, *parts: str) -> str:
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
    return f"softphone:{noun}:{tenant}:{digest}"
