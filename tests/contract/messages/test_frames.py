"""Frames and the call as JSON, which clients outside of this repository read."""

from dataclasses import fields
from typing import get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from softphone_common.contracts import websocket as frames
from softphone_common.contracts.call import CallJson, call_json
from softphone_common.contracts.websocket import CallFrame, ServerFrame
from softphone_common.domain.call_view import CallView
from support.observations import at, observed, seen
from support.paths import SAMPLES
from support.wire import assert_kept, names, sample

FRAMES = SAMPLES / "frames"
BY_TYPE: dict[str, type[BaseModel]] = {
    get_args(model.model_fields["type"].annotation)[0]: model
    for model in vars(frames).values()
    if isinstance(model, type) and issubclass(model, BaseModel) and "type" in model.model_fields
}
FROM_CLIENT = ("hello", "token", "watch")
WITH_TOKEN = ("hello", "token")
FIXED = {
    *("id", "phase", "outcome", "direction", "extension", "remote", "matches", "legs", "identity"),
    *("dialed_at", "rung_at", "connected_at", "ended_at", "ring_seconds", "talk_seconds"),
    "comments",
}

every_frame = pytest.mark.parametrize("type_", sorted(BY_TYPE))


def test_every_frame_has_a_sample_and_every_sample_a_frame() -> None:
    assert names(FRAMES) == set(BY_TYPE)


def test_frames_are_those_of_clients_and_of_the_server() -> None:
    assert {BY_TYPE[t] for t in BY_TYPE if t not in FROM_CLIENT} == set(get_args(ServerFrame))


@every_frame
def test_sample_of_a_frame_is_read(type_: str) -> None:
    assert sample(FRAMES, type_)["type"] == type_
    assert_kept(BY_TYPE[type_], sample(FRAMES, type_))


@every_frame
def test_frame_is_not_read_as_another_type(type_: str) -> None:
    with pytest.raises(ValidationError, match="type"):
        BY_TYPE[type_].model_validate(sample(FRAMES, type_) | {"type": "another"})


@pytest.mark.parametrize("type_", sorted(set(BY_TYPE) - set(FROM_CLIENT)))
def test_frame_of_the_server_is_read_by_its_type(type_: str) -> None:
    parsed = TypeAdapter[ServerFrame](ServerFrame).validate_python(sample(FRAMES, type_))
    assert type(parsed) is BY_TYPE[type_]


@pytest.mark.parametrize("type_", WITH_TOKEN)
def test_token_over_its_length_is_refused(type_: str) -> None:
    longest = sample(FRAMES, type_) | {"token": "x" * 4096}
    assert BY_TYPE[type_].model_validate(longest)
    with pytest.raises(ValidationError, match="token"):
        BY_TYPE[type_].model_validate(longest | {"token": "x" * 4097})


def test_first_hello_has_no_sequence_number() -> None:
    hello = frames.Hello.model_validate({"type": "hello", "token": "t"})
    assert hello.seen is None


def test_watch_needs_a_device_or_null() -> None:
    assert frames.Watch.model_validate({"type": "watch", "device": None}).device is None
    for device in ({}, {"device": "x" * 65}, {"device": 1}):
        with pytest.raises(ValidationError, match="device"):
            frames.Watch.model_validate({"type": "watch", **device})


def test_hit_frame_has_no_sequence_number() -> None:
    assert set(sample(FRAMES, "hit")) == {"type", "hit"}
    assert "seq" not in frames.HitFrame.model_fields


def test_call_json_keeps_its_first_names() -> None:
    call = sample(FRAMES, "call")["call"]
    assert set(call) >= FIXED
    assert sorted(call["remote"]) == ["display", "e164", "kind", "raw"]
    assert {"record", "type", "name", "level", "reason", "url"} == set(call["matches"][0])


def test_call_json_has_the_fields_of_the_view() -> None:
    call = seen(
        observed("ringing", 0, name="Huber"), observed("connected", 4), observed("ended", 64)
    )
    kept = CallFrame.model_validate(sample(FRAMES, "call")).call
    adapter = TypeAdapter(CallJson)
    sent = call_json(call, kept.matches, kept.comments)
    for field in fields(CallView):
        if field.name not in {"last_at", "matches"}:
            assert getattr(sent, field.name) == getattr(call, field.name)
    assert (sent.matches, sent.comments) == (kept.matches, kept.comments)
    assert sent.deleted_at is None
    assert adapter.validate_json(adapter.dump_json(sent)) == sent
    assert sent.ended_at == at(64)
