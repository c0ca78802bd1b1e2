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
from softphone_ingest.mapping.schema import Scope

SYSTEM_WIDE: frozenset[Scope] = frozenset({"pbx", "shared"})
"""Scopes of ids that are unique in a whole telephone system and are not used again."""

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
    other party, spelt in one way, and empty if the event does not mention one. No name is that of
    an event of another device, unless the ids are shared.
    """

    tenant: str
    scope: Scope
    device: str
    extension: str
    counterpart_key: str
    external_id: str
    linked_id: str

    @property
    def number(self) -> str:
        """The key of the other party, or an empty text if the event does not identify the party."""
        return "" if self.is_withheld else self.counterpart_key

    @property
    def is_withheld(self) -> bool:
        """Whether the event says that the other party does not show a number."""
        return self.counterpart_key == _WITHHELD

    @property
    def is_bare(self) -> bool:
        """Whether the event has neither id nor number, at most an extension."""
        return not self.external_id and not self.counterpart_key

    @property
    def is_local(self) -> bool:
        """Whether the name comes up again soon: the counter of one phone, or a mere number."""
        return not self.external_id or self.scope not in SYSTEM_WIDE

    @property
    def is_shared(self) -> bool:
        """Whether other devices may name the call by the same id."""
        return self.external_id != "" and self.scope == "shared"

    @property
    def keys(self) -> tuple[str, str, str, str]:
        """The keys in Redis of the call, the waiting click, the line, and the call of the second
        id; the last two may be empty."""
        desk = self.tenant, self.device, self.extension
        line = _key("line", *desk) if self.extension else ""
        call = line if self.is_bare and line else _key("call", self.tenant, *self._name)
        linked = _key("call", self.tenant, *self._id(self.linked_id)) if self.linked_id else ""
        return call, click_key(self.tenant, self.extension, self.counterpart_key), line, linked

    @property
    def group(self) -> str:
        """The Redis key of the ring group of this caller; empty if a shared id names the call.

        A number from outside may ring at any desk. Callers with an internal number or without one
        are the same only at one extension.
        """
        if self.is_shared or not self.counterpart_key:
            return ""
        if self.counterpart_key.startswith("+"):
            return _key("ring", self.tenant, self.counterpart_key)
        return _key("ring", self.tenant, self.extension, self.counterpart_key)

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
        return self.device, self.extension, "number", self.counterpart_key

    def _id(self, external_id: str) -> tuple[str, ...]:
        return self._realm, "id", external_id

    @property
    def _realm(self) -> str:
        """All that has ids of its own: without it, devices would meet by an id that both send."""
        match self.scope:
            case "shared":
                return "pbx"
            case "extension":
                return f"extension:{self.device}:{self.extension}"
            case scope:
                return f"{scope}:{self.device}"


def call_keys(tenant: str, device: str, scope: Scope, event: ParsedEvent) -> CallKeys:
    """The names of the event's call. `scope` is that within which the device's ids are unique."""
    remote, id_ = event.remote, event.external_id
    own = id_ if is_usable_external_id(scope, id_, remote) else ""
    other = event.linked_id
    linked = other if own and other != own and is_usable_external_id(scope, other, remote) else ""
    counterpart = counterpart_of(remote)
    return CallKeys(tenant, scope, device, event.extension, counterpart, own, linked)


def is_usable_external_id(scope: Scope, external_id: str, remote: RemoteNumber | None) -> bool:
    """Whether a sender's call id can tell calls apart within this scope.

    Not usable are missing ids, placeholders the phone did not replace, and the other party's
    number. A phone that counts its own calls may start at 0 and give call 1 to extension 1.
    """
    if scope == "none" or not external_id or is_placeholder(external_id):
        return False
    if _NO_ID.fullmatch(external_id) or (scope in SYSTEM_WIDE and external_id == "0"):
        return False
    digits = only_digits(external_id)
    if remote is None or digits != external_id.lstrip("+"):
        return True
    significant = digits.lstrip("0")
    if len(significant) < _NUMBER_MIN:
        return scope not in SYSTEM_WIDE or digits != only_digits(remote.raw)
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
