"""What janitor is told beyond what every service is told."""

from pydantic import Field

from softphone_common.process.settings import Settings


class JanitorSettings(Settings):
    """The nightly sweep, and how long dead letters are kept."""

    sweep_hour: int = Field(2, ge=0, le=23, description="In the tenant's own time zone")
    sweep_check_seconds: int = Field(60, ge=1, le=60, description="How often it looks who is due")
    dead_letters_keep_days: int = Field(
        90, ge=1, le=3650, description="A dead letter is kept so long after it died last"
    )
