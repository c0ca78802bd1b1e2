"""The settings of calllog, in addition to those of every service."""

from pydantic import Field

from softphone_common.process.settings import Settings


class CalllogSettings(Settings):
    """When the sweep takes a call, and limits of the history."""

    clean_up_grace_seconds: int = Field(
        3600,
        ge=60,
        description=(
            "Seconds without a sign of life before the sweep takes a call that was neither"
            " answered nor ended"
        ),
    )
    clean_up_live_seconds: int = Field(
        43_200,
        ge=60,
        description="Seconds without a sign of life before the sweep takes a connected call",
    )
    clean_up_batch: int = Field(
        500, ge=1, description="Calls that a sweep reads and moves in one step"
    )
    comment_max: int = Field(10_000, ge=1, description="Characters that one comment may have")
