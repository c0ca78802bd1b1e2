"""The settings of janitor, in addition to those of every service."""

from pydantic import Field

from softphone_common.process.settings import Settings


class JanitorSettings(Settings):
    """The nightly sweep, and the lifetime of dead letters."""

    sweep_check_seconds: int = Field(
        60, ge=1, le=60, description="Seconds between two looks for tenants that are due"
    )
    dead_letters_keep_days: int = Field(
        90, ge=1, le=3650, description="Days after its last death until a dead letter is deleted"
    )
