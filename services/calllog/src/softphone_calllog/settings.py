"""What calllog is told beyond what every service is told."""

from pydantic import Field

from softphone_common.process.settings import Settings


class CalllogSettings(Settings):
    """Times are seconds."""

    clean_up_grace_seconds: int = Field(
        3600, ge=60, description="A call nobody answered or ended is left alone this long"
    )
    clean_up_live_seconds: int = Field(
        43_200, ge=60, description="A connected call counts as live this long"
    )
    clean_up_batch: int = Field(500, ge=1, description="Calls looked at at once")
    comment_max: int = Field(10_000, ge=1, description="Characters of one comment")
