"""One event as a sender reports it, checked in form but not yet assigned to a call."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from softphone_common.contracts.problem_codes import text_of
from softphone_common.domain.call import Direction, Phase
from softphone_common.domain.numbers.normalise import RemoteNumber

EXTENSION_MAX = 64
TEXT_MAX = 200
EXTERNAL_ID_MAX = 250
FILLED_MAX = 10_000
"""Characters of a template with its texts. Fields of an event have a few hundred."""


class HitError(Exception):
    """A request that cannot be read: the field, and a code of the table of problems.

    `why` is the English text of the code; a code of pydantic's own checks comes with its text.
    """

    def __init__(self, field: str, code: str, why: str | None = None, /, **params: Any) -> None:
        self.field = field
        self.code = code
        self.params = params
        self.why = text_of(code, params) if why is None else why
        super().__init__(f"{field} {self.why}")


@dataclass(frozen=True, slots=True)
class FieldNote:
    """A field of an event that was left out, and the reason as a code of the table of problems."""

    field: str
    code: str
    params: tuple[tuple[str, Any], ...] = ()

    @property
    def why(self) -> str:
        return text_of(self.code, dict(self.params))


@dataclass(frozen=True, slots=True)
class ParsedEvent:
    """One event in the sender's own spelling of numbers and ids.

    `number` is None if the request has none and empty if it is withheld; `remote` is the number
    normalised. `called` is the own number that was called, `called_number` that number normalised,
    and `called_name` its name in the tenant's settings.
    `external_id` is the sender's id of this call, `linked_id` a second one. `talk_seconds` and
    `time` are the sender's own measurements. `notes` are the fields that could not be used.
    """

    phase: Phase
    extension: str = ""
    called: str = ""
    number: str | None = None
    external_id: str = ""
    linked_id: str = ""
    direction: Direction | None = None
    name: str = ""
    reason: str = ""
    talk_seconds: int | None = None
    time: datetime | None = None
    remote: RemoteNumber | None = None
    called_number: RemoteNumber | None = None
    called_name: str = ""
    notes: tuple[FieldNote, ...] = ()
