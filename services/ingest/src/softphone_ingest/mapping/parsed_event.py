"""What one event of a request says, checked but not yet understood; decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from softphone_common.contracts.problem_codes import text_of
from softphone_common.domain.call import Direction, Phase

EXTENSION_MAX = 64
TEXT_MAX = 200
CALL_ID_MAX = 250


class HitError(Exception):
    """A request that cannot be interpreted: the field, and a code of the table of problems.

    `why` is the English text of the code; only a code of pydantic's comes with its own.
    """

    def __init__(self, field: str, code: str, why: str | None = None, /, **params: Any) -> None:
        self.field = field
        self.code = code
        self.params = params
        self.why = text_of(code, params) if why is None else why
        super().__init__(f"{field} {self.why}")


@dataclass(frozen=True, slots=True)
class ParsedEvent:
    """One event in the sender's own words.

    `number` is None where nothing was said of it and empty where it is withheld. `called` is the
    own number somebody called, for where no extension is told. `linked_id` is another id the
    sender has for the same call. `talk_seconds` and `time` are its word for it.
    """

    phase: Phase
    extension: str = ""
    called: str = ""
    number: str | None = None
    call_id: str = ""
    linked_id: str = ""
    direction: Direction | None = None
    name: str = ""
    reason: str = ""
    talk_seconds: int | None = None
    time: datetime | None = None
