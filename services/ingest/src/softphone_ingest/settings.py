"""The settings of ingest, in addition to those of every service."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from softphone_common.process.ed25519 import decode_public_keys
from softphone_common.process.sealing import sealing_keys
from softphone_common.process.settings import Settings


def _readable(keys: str) -> str:
    decode_public_keys(keys)
    return keys


def _sealing_keys(keys: SecretStr) -> SecretStr:
    sealing_keys(keys.get_secret_value())
    return keys


class IngestSettings(Settings):
    """Settings of ingest; durations are seconds unless their name says otherwise."""

    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#]+)?/?$",
        description="The address phones reach ingest at, as https://host;"
        " if empty, the address of the request that shows a device's URLs",
    )
    activation_public_key: Annotated[str, AfterValidator(_readable)] = Field(
        "",
        description="The public keys that check activation codes, separated by commas;"
        " if empty, no code is accepted",
    )
    sealing_keys: Annotated[SecretStr, AfterValidator(_sealing_keys)] = Field(
        description="Keys that encrypt the keys and secrets of devices in the store,"
        " comma-separated: random texts of 32 characters or more; the first encrypts, all decrypt",
    )
    dial_hosts: str = Field(
        "",
        description="Hosts whose http and https addresses dial links may open besides this"
        " computer's own, separated by commas, for telephones that dial by a web address",
    )
    dial_join_seconds: int = Field(
        120, ge=1, description="Seconds within which a phone's call joins the click that began it"
    )
    dial_key_seconds: int = Field(
        600, ge=1, description="Seconds an Idempotency-Key of a click is remembered"
    )
    identity_seconds: int = Field(
        86_400, ge=60, description="Seconds a call is remembered by the id its sender gave it"
    )
    identity_derived_seconds: int = Field(
        14_400,
        ge=60,
        description="Seconds a call without a sender's id is remembered, and the call on a line",
    )
    identity_reuse_seconds: int = Field(
        30,
        ge=1,
        description="Seconds after a call's end from which on its id stands for a new call",
    )
    identity_derived_reuse_seconds: int = Field(
        3,
        ge=1,
        description="Seconds after a call's end from which on its number stands for a new call,"
        " or its id if that is unique to a device or an extension only",
    )
    identity_ring_seconds: int = Field(
        180,
        ge=1,
        description="Seconds after the first ring from which on a ring is a new call,"
        " unless its id is unique in the whole telephone system",
    )
    hits_rate: int = Field(
        100, ge=1, description="Hits in a second a device may send in the long run"
    )
    hits_burst_seconds: int = Field(
        10,
        ge=1,
        description="Seconds whose hits, at SOFTPHONE_HITS_RATE, a device may send at once;"
        " holds for tenants and SOFTPHONE_HITS_TENANT_RATE as well",
    )
    hits_tenant_rate: int = Field(
        100,
        ge=1,
        description="Events of calls in a second all devices of a tenant together may send to one"
        " process in the long run; a hit has one event or, with a list, more",
    )
    hits_tenant_at_once: int = Field(
        1,
        ge=1,
        description="Hits of a tenant a process works on at once; the others of the tenant wait,"
        " so that a tenant that sends too many delays no other",
    )
    hits_tenant_waiting_max: int = Field(
        500,
        ge=1,
        description="Hits of a tenant that may wait in one process; one of more than 16 KiB counts"
        " once for each 16 KiB. One more is answered 429 to the device with the most of them",
    )
    tries_max: int = Field(
        60, ge=1, description="Requests the administrators of a tenant may try in a minute"
    )
    test_calls_max: int = Field(
        10, ge=1, description="Test calls the administrators of a tenant may make in a minute"
    )
    test_call_seconds: float = Field(
        15, gt=0, description="Seconds a test call rings before it ends as missed"
    )
    devices_max: int = Field(1000, ge=1, description="Devices a tenant may have")
    device_mapping_max: int = Field(
        16_384, ge=1024, description="Bytes a device's changes to its preset may take"
    )
    hit_time_seconds: int = Field(
        300,
        ge=0,
        description="Seconds a phone's clock may differ from ours for its times to be used",
    )
    spool_dir: Path = Field(
        Path("data/spool"),
        description="The folder of the spool, on a disk that outlives the process",
    )
    spool_max: int = Field(
        268_435_456,
        ge=65_536,
        description="Bytes the spool of one process may take; beyond them hits are answered 503",
    )
    spool_after_seconds: float = Field(
        2, gt=0, description="Seconds RabbitMQ has to confirm a hit before it goes to the spool"
    )
    hits_keep_days: int = Field(7, ge=1, le=90, description="Days the inspector keeps a hit")
    hits_waiting_max: int = Field(
        10_000,
        ge=1,
        description="Hits that wait in memory for the inspector's store;"
        " beyond them the oldest are dropped",
    )
    hits_waiting_bytes: int = Field(
        67_108_864,
        ge=1_048_576,
        description="Bytes of the hits that wait in memory for the inspector's store",
    )
    hits_device_max: int = Field(
        1000,
        ge=1,
        description="Hits of one device that the inspector keeps; a tenth more until the oldest"
        " are removed",
    )
    hits_device_bytes: int = Field(
        8_388_608,
        ge=1_048_576,
        description="Bytes of the hits of one device that the inspector keeps",
    )
