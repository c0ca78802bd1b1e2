"""What matcher is told beyond what every service is told."""

from pydantic import Field

from softphone_common.process.settings import Settings


class MatcherSettings(Settings):
    """Limits of the directory."""

    matches_max: int = Field(50, ge=1, description="Records shown for one number")
    record_numbers_max: int = Field(50, ge=1, description="Numbers one record may have")
