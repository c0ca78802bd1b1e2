"""What ingest is told beyond what every service is told."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from softphone_common.process.settings import Settings
from softphone_ingest.tenants.activation import decode_public_keys


def _readable(keys: str) -> str:
    decode_public_keys(keys)
    return keys


class IngestSettings(Settings):
    """Times are seconds."""

    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#]+)?/?$",
        description="The address phones reach it at, https://host; if empty, as a request came",
    )
    activation_public_key: Annotated[str, AfterValidator(_readable)] = Field(
        "", description="Checks activation codes; several: comma-separated; none: none is taken"
    )
    dial_join_seconds: int = Field(120, ge=1, description="A click waits this long for its phone")
    dial_key_seconds: int = Field(
        600, ge=1, description="A click with an Idempotency-Key is remembered this long"
    )
    identity_seconds: int = Field(86_400, ge=60, description="A phone's call id is remembered")
    identity_derived_seconds: int = Field(
        14_400, ge=60, description="The same for a derived id, and for what a line does"
    )
    identity_reuse_seconds: int = Field(
        30, ge=1, description="This long after a call's end its id may stand for a new call"
    )
    identity_derived_reuse_seconds: int = Field(
        3, ge=1, description="The same for a derived id and for ids of one device or extension"
    )
    identity_ring_seconds: int = Field(
        180,
        ge=1,
        description="Without a call id of the whole system,"
        " a ring this long after the first is a new call",
    )
    hits_rate: int = Field(
        100, ge=1, description="Hits of a device's key in a second, in the long run"
    )
    hits_burst_seconds: int = Field(
        10, ge=1, description="As many as in these seconds may come at once"
    )
    wrong_keys_max: int = Field(
        20, ge=1, description="Hits with unknown keys in a minute from one address"
    )
    tries_max: int = Field(
        60, ge=1, description="Requests the administrators of a tenant may try in a minute"
    )
    devices_max: int = Field(1000, ge=1, description="Devices a tenant may have")
    device_mapping_max: int = Field(
        16_384, ge=1024, description="Bytes of what a device changes of its preset"
    )
    hit_time_seconds: int = Field(
        300, ge=0, description="A phone's own time is believed if it is this close to ours"
    )
    spool_dir: Path = Field(
        Path("data/spool"),
        description="A folder on a disk that stays: what the broker can't take waits there",
    )
    spool_max: int = Field(
        268_435_456, ge=65_536, description="Bytes of it that a process uses; then hits get 503"
    )
    spool_after_seconds: float = Field(
        2, gt=0, description="The broker must confirm a hit within this, or it goes to the spool"
    )
    hits_keep_days: int = Field(7, ge=1, le=90, description="The inspector shows a hit this long")
    hits_waiting_max: int = Field(
        10_000, ge=1, description="Hits that wait for the inspector's store; then the oldest go"
    )
