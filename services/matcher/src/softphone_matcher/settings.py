"""The settings of matcher, in addition to those of every service."""

from pydantic import Field

from softphone_common.process.settings import Settings


class MatcherSettings(Settings):
    """Limits of the directory and its matches."""

    matches_max: int = Field(
        50, ge=1, description="Records that a call shows for its number; further ones are left out"
    )
    record_numbers_max: int = Field(50, ge=1, description="Numbers that one record may have")
