"""Messages of every released version can be read; their samples never change."""

import re
from dataclasses import replace
from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError

from softphone_common.contracts.catalogue import BY_TYPE, CATALOGUE, Entry, patterns
from softphone_common.contracts.events import CallObserved, DeviceChanged, Message
from softphone_common.domain.call import PHASES
from softphone_ingest.devices.device import StoredDevice
from support.paths import SAMPLES
from support.wire import assert_kept, names, sample

LATER = SAMPLES / "later"
WITHDRAWN = SAMPLES / "withdrawn"
"""Samples with fields that earlier releases sent and this one does not."""

DEVICE_CHANGED_V1 = "softphone.device-changed.v1"

SECRET = re.compile("sealed|secret|password|token", re.IGNORECASE)

every_entry = pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.message.type)
not_a_tenant = pytest.mark.parametrize(
    "tenant", ["", "Acme", "a.b", "a b", "ä", "*", "#", "acme\n", "a" * 41, None, 7]
)


def parsed(entry: Entry) -> Message:
    """The message in the stored sample of its type."""
    return entry.message.model_validate(sample(SAMPLES, entry.message.type))


def all_fields(model: type[BaseModel]) -> set[str]:
    """The fields of a model and of nested models, joined with dots."""
    names = set()
    for name, field in model.model_fields.items():
        names.add(name)
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                names |= {f"{name}.{each}" for each in all_fields(inner)}
    return names


def test_every_message_has_a_sample_and_every_sample_a_message() -> None:
    assert names(SAMPLES) == set(BY_TYPE)


@pytest.mark.parametrize("type_", sorted(BY_TYPE))
def test_sample_of_a_message_is_read(type_: str) -> None:
    assert_kept(BY_TYPE[type_].message, sample(SAMPLES, type_))


@pytest.mark.parametrize("type_", sorted(names(LATER)))
def test_sample_with_later_fields_is_read(type_: str) -> None:
    assert_kept(BY_TYPE[type_].message, sample(LATER, type_))


@pytest.mark.parametrize("type_", sorted(names(WITHDRAWN)))
def test_sample_with_withdrawn_fields_is_read_without_them(type_: str) -> None:
    """Instances of an older release may still send them."""
    message = BY_TYPE[type_].message
    assert message.model_validate(sample(WITHDRAWN, type_)) == message.model_validate(
        sample(LATER, type_)
    )


def test_message_has_no_field_for_a_secret() -> None:
    fields = {field for entry in CATALOGUE for field in all_fields(entry.message)}
    assert "device.key_hash" in fields
    assert {field for field in fields if SECRET.search(field)} == set()


def test_stored_device_cannot_be_sent() -> None:
    device = sample(WITHDRAWN, DEVICE_CHANGED_V1)["device"]
    stored = StoredDevice.model_validate(device)
    assert stored.secret_sealed == device["secret_sealed"]
    with pytest.raises(ValidationError, match="device"):
        DeviceChanged(tenant=stored.tenant, device=stored)
    sent = DeviceChanged(tenant=stored.tenant, device=stored.published())
    assert sent == DeviceChanged.model_validate(sample(SAMPLES, DeviceChanged.type))
    assert "sealed" not in sent.model_dump_json()


def test_device_without_its_secret_is_not_sent_as_v1() -> None:
    """An instance of 0.1.0 would read it as a device whose signatures need no check."""
    assert DEVICE_CHANGED_V1 in DeviceChanged.earlier_types
    assert DeviceChanged.type != DEVICE_CHANGED_V1


@every_entry
def test_routing_key_matches_the_pattern_of_the_message(entry: Entry) -> None:
    message = parsed(entry)
    assert message.routing_key in patterns(entry.message, message.tenant)


@pytest.mark.parametrize("phase", PHASES)
def test_routing_key_of_an_observation_has_its_phase(phase: str) -> None:
    kept = sample(SAMPLES, CallObserved.type)
    kept["observation"]["phase"] = phase
    assert CallObserved.model_validate(kept).routing_key == f"call.{phase}.{kept['tenant']}"


@every_entry
def test_message_has_the_subject_of_its_content(entry: Entry) -> None:
    subject = parsed(entry).subject
    assert subject in str(sample(SAMPLES, entry.message.type))
    assert subject


@every_entry
@not_a_tenant
def test_message_with_an_invalid_tenant_is_refused(entry: Entry, tenant: object) -> None:
    with pytest.raises(ValidationError, match="tenant"):
        entry.message.model_validate(sample(SAMPLES, entry.message.type) | {"tenant": tenant})


@pytest.mark.parametrize("tenant", ["a", "0", "-", "acme-2", "a" * 40])
@every_entry
def test_message_with_any_valid_tenant_is_accepted(entry: Entry, tenant: str) -> None:
    kept = sample(SAMPLES, entry.message.type) | {"tenant": tenant}
    assert entry.message.model_validate(kept).routing_key.endswith(f".{tenant}")


@not_a_tenant
@pytest.mark.parametrize(
    ("type_", "part", "field"),
    [
        ("softphone.device-changed.v1", "device", "tenant"),
        ("softphone.user-changed.v1", "user", "tenant"),
        ("softphone.tenant-changed.v1", "settings", "id"),
    ],
)
def test_invalid_tenant_inside_a_message_is_refused(
    type_: str, part: str, field: str, tenant: object
) -> None:
    kept = sample(SAMPLES, type_)
    kept[part][field] = tenant
    with pytest.raises(ValidationError, match=f"{part}.{field}"):
        BY_TYPE[type_].message.model_validate(kept)


@every_entry
def test_message_without_a_required_field_is_refused(entry: Entry) -> None:
    with pytest.raises(ValidationError):
        entry.message.model_validate({"tenant": "acme"})


@every_entry
def test_message_is_immutable(entry: Entry) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(parsed(entry), "tenant", "another")  # noqa: B010 (the checker knows it is frozen)


def test_observation_without_optional_fields_has_defaults() -> None:
    kept = sample(SAMPLES, CallObserved.type)
    full = CallObserved.model_validate(kept).observation
    needed = {"call_id", "phase", "extension", "remote", "at"}
    kept["observation"] = {k: v for k, v in kept["observation"].items() if k in needed}
    assert CallObserved.model_validate(kept).observation == replace(
        full,
        direction=None,
        name="",
        reason="",
        talk_seconds=None,
        external_id="",
        identity="phone",
        device="",
    )
