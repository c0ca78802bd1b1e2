"""What a hit calls its call by: an id, a number, or only the extension; remembers nothing."""

import hashlib
import re
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

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
"""Digits from which on an id that ends the other side's number is that number."""
_LOCAL_MILLISECONDS = 3_600_000
"""A counter of one phone is taken for the same call by itself only within the same hour."""


@dataclass(frozen=True, slots=True)
class CallKeys:
    """What is known of a hit's call before anything is remembered.

    `external_id` and `linked_id` are the sender's, empty unless usable. `counterpart_key` is the
    other side however its number is spelt, empty if nothing was said of it.
    """

    tenant: str
    scope: str
    extension: str
    counterpart_key: str
    external_id: str
    linked_id: str

    @property
    def number(self) -> str:
        """The other side where it is somebody, else empty."""
        return "" if self.counterpart_key == _WITHHELD else self.counterpart_key

    @property
    def is_bare(self) -> bool:
        """Whether there is no name at all but perhaps an extension."""
        return not self.external_id and not self.counterpart_key

    @property
    def is_local(self) -> bool:
        """Whether the name comes up again soon: a counter of one phone, or the same caller."""
        return not self.external_id or self.scope != PBX

    @property
    def keys(self) -> list[str]:
        """Where Redis keeps the call of this name, the waiting click, what the line does, and the
        call of the other id; empty where there is no such thing."""
        line = _key("line", self.tenant, self.extension) if self.extension else ""
        name = line if self.is_bare and line else _key("call", self.tenant, *self._name)
        linked = _key("call", self.tenant, *self._id(self.linked_id)) if self.linked_id else ""
        return [name, click_key(self.tenant, self.extension, self.counterpart_key), line, linked]

    def call(self, stamp: int, window: int = 1) -> str:
        """Our id of the call if it is the first of this name; `stamp` is milliseconds.

        An id of the whole telephone system is enough. One of a phone comes up again, days later
        too, when nothing is remembered of it: it is that of another call in another hour. Without
        an id it is another in another `window` of so many milliseconds.
        """
        if not self.external_id:
            return self.another(stamp // window)
        return self._first(self.external_id, stamp)

    def another(self, stamp: int) -> str:
        """Our id of a further call of the same name."""
        return _uuid(self.tenant, *self._name, str(stamp))

    def linked_call(self, stamp: int) -> str:
        """Our id of the call of the other id if it is the first of that."""
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


def names(tenant: str, scope: str, hit: ParsedEvent, remote: RemoteNumber | None) -> CallKeys:
    """The names of a hit's call. `scope` is what the sender's ids are unique in."""
    own = hit.call_id if is_usable_call_id(scope, hit.call_id, remote) else ""
    linked = own and hit.linked_id != own and is_usable_call_id(scope, hit.linked_id, remote)
    return CallKeys(
        tenant, scope, hit.extension, counterpart_key(remote), own, hit.linked_id if linked else ""
    )


def is_usable_call_id(scope: str, external_id: str, remote: RemoteNumber | None) -> bool:
    """Whether a sender's call id can tell calls apart in this scope.

    Not so if it is missing, a placeholder the phone did not replace, or the other side's number.
    A phone that counts its own calls may begin at 0, and have its call 1 with extension 1.
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


def counterpart_key(remote: RemoteNumber | None) -> str:
    """The other side, however its number is spelt: a click has digits, a phone may have an URI."""
    if remote is None:
        return ""
    return _WITHHELD if remote.kind == "anonymous" else remote.e164 or remote.display or remote.raw


def click_key(tenant: str, extension: str, counterpart_key: str) -> str:
    """Where Redis keeps the click that waits for this extension to call this party."""
    return _key("click", tenant, extension, counterpart_key)


def _uuid(*parts: str) -> str:
    return str(uuid5(_NAMESPACE, "\x1f".join(parts)))


def _key(noun: str, tenant: str, *parts: str) -> str:
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
    return f"softphone:{noun}:{tenant}:{digest}"
