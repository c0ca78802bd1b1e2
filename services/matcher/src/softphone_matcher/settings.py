"""The settings of matcher, in addition to those of every service."""

from pydantic import Field

from softphone_common.process.settings import Settings


class MatcherSettings(Settings):
    """Limits of the directory and its matches."""

    matches_max: int = Field(
        50, ge=1, description="Records that a call shows for its number; further ones are left out"
    )
    lookups_max: int = Field(
        600,
        ge=1,
        description="Numbers that one API key may look up in a minute at `/api/lookup`,"
        " in each process",
    )
    record_numbers_max: int = Field(50, ge=1, description="Numbers that one record may have")
    upload_max: int = Field(
        8_388_608,
        ge=65_536,
        description="Bytes of a request with records of an application or a file of contacts",
    )
