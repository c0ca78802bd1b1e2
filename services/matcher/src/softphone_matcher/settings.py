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
    imports_open_max: int = Field(
        5, ge=1, description="Imports of a tenant that may wait or run at once"
    )
    imports_kept: int = Field(
        100, ge=1, description="Imports that ended and are kept of a tenant, with their reports"
    )
    import_lease_seconds: float = Field(
        60,
        ge=1,
        description="Seconds after which another matcher goes on with an import whose worker died",
    )
    import_removals_percent: float = Field(
        10,
        ge=0,
        le=100,
        description="Share of the records of a source, in percent, that a complete file may remove"
        " without an administrator's confirmation",
    )
    import_check_seconds: float = Field(
        5, gt=0, description="Seconds between two looks at imports that other matchers have taken"
    )
