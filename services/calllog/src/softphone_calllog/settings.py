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
    comment_max: int = Field(4000, ge=1, description="Characters that one comment may have")
    comments_max: int = Field(200, ge=1, description="Comments that one call may have")
    comments_shown: int = Field(
        3, ge=1, le=20, description="Newest comments of a call that lists of calls have"
    )
    comments_rate: int = Field(30, ge=1, description="Comments a user may save in a minute")
    audit_keep_days: int = Field(
        180, ge=1, le=3650, description="Days the security log keeps an event"
    )
