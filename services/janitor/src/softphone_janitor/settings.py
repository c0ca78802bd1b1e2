"""What janitor is told beyond what every service is told."""

from pydantic import Field

from softphone_common.settings import Settings


class JanitorSettings(Settings):
    """The nightly sweep."""

    sweep_hour: int = Field(2, ge=0, le=23, description="In the tenant's own time zone")
    sweep_check_seconds: int = Field(60, ge=1, le=60, description="How often it looks who is due")
