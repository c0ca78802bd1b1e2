"""What ingest is told beyond what every service is told."""

from pydantic import Field

from softphone_common.settings import Settings


class IngestSettings(Settings):
    """Times are seconds."""

    dial_join_seconds: int = Field(120, ge=1, description="A click waits this long for its phone")
    identity_seconds: int = Field(86_400, ge=60, description="A phone's call id is remembered")
    identity_derived_seconds: int = Field(14_400, ge=60, description="The same for a derived id")
    identity_reuse_seconds: int = Field(
        30, ge=1, description="This long after a call's end its id may stand for a new call"
    )
    identity_derived_reuse_seconds: int = Field(3, ge=1, description="The same for a derived id")
    identity_ring_seconds: int = Field(
        180, ge=1, description="Without a call id, a ring this long after the first is a new call"
    )
    devices_max: int = Field(1000, ge=1, description="Devices a tenant may have")
