"""The timeline of a call: what each phone reported of it, and by which request."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from softphone_calllog.record import CallRecord
from softphone_common.domain.call import Direction, Phase, in_order
from softphone_common.domain.numbers.normalise import RemoteNumber


class TimelineEntry(BaseModel):
    """One event that a phone reported, or a click. `extension` and `device` name its leg."""

    model_config = ConfigDict(from_attributes=True)

    call_id: str
    at: datetime
    phase: Phase
    extension: str = Field(description="Empty if the phone does not report it")
    device: str = Field(description="Id of the device; empty for a click")
    direction: Direction | None
    remote: RemoteNumber | None
    name: str
    called: RemoteNumber | None
    called_name: str
    reason: str
    talk_seconds: int | None
    external_id: str = Field(description="The sender's id of the call")
    hit: str = Field(
        description=(
            "For administrators the id of the request in the inspector of the device, which keeps"
            " it for some days; empty for a click, for users, and for events of earlier releases"
        )
    )


def timeline(record: CallRecord, *, with_hits: bool) -> list[TimelineEntry]:
    """The events that are kept of the call or of the caller's part, in the order of their time.

    Of an event that was repeated these are the first, the last, and the one that says most.
    """
    observations = {o for e in record.visible.evidence for o in e.observations}
    entries = (TimelineEntry.model_validate(o) for o in in_order(observations))
    return [each if with_hits else each.model_copy(update={"hit": ""}) for each in entries]
