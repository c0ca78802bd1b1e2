"""A mapping that can't do what its author meant is refused when it is saved."""

from typing import Any

import pytest

from softphone_common.contracts.entities import Tenant
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.devices.mapping_check import check_mapping, check_secret
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.presets.preset import Preset, load_all
from softphone_ingest.mapping.schema import Mapping

PRESETS = load_all()
ROW = {"from": "query.a", "table": {"a": "ringing"}}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a source without a name": (
        {"number": ["query.n", "query."]},
        "mapping.fields.number.1.from",
        "source-incomplete",
    ),
    "a place alone": ({"number": "form"}, "mapping.fields.number.0.from", "source-incomplete"),
    "a template with such a source": (
        {"number": "+{query.cc}{query.}"},
        "mapping.fields.number.0.from",
        "source-incomplete",
    ),
    "a condition on such a source": (
        {"number": {"when": {"header": "x"}, "value": "1"}},
        "mapping.fields.number.0.when",
        "source-incomplete",
    ),
    "a line without a position": (
        {"number": "line.x"},
        "mapping.fields.number.0.from",
        "source-incomplete",
    ),
    "an unknown event": (
        {"event": {"from": "query.e", "table": {"R": "rings"}}},
        "mapping.fields.event.0.table.R",
        "value-unknown",
    ),
    "an unknown fixed event": (
        {"event": [ROW, {"value": "hangup"}]},
        "mapping.fields.event.1.value",
        "value-unknown",
    ),
    "an unknown direction": (
        {"direction": {"value": "up"}},
        "mapping.fields.direction.0.value",
        "value-unknown",
    ),
    "a duration that can't be read": (
        {"duration": {"value": "long"}},
        "mapping.fields.duration.0.value",
        "duration-invalid",
    ),
    "a time that can't be read": (
        {"time": {"from": "query.t", "table": {"*": "soon"}}},
        "mapping.fields.time.0.table.*",
        "moment-invalid",
    ),
    "a rule behind a fixed value": (
        {"event": [{"value": "ringing"}, ROW]},
        "mapping.fields.event.1",
        "rule-unreachable",
    ),
    "a table behind the same source": (
        {"event": ["query.a", ROW]},
        "mapping.fields.event.1",
        "rule-unreachable",
    ),
    "a row twice": (
        {"event": {"from": "query.a", "table": {"R": "ringing", "r": "ended"}}},
        "mapping.fields.event.0.table",
        "table-row-unreachable",
    ),
    "an empty step of a path": (
        {"number": "json.a..b"},
        "mapping.fields.number.0.from",
        "source-path-invalid",
    ),
    "a bracket that is open": (
        {"number": "{json.cc}{json.a[name=x.b}"},
        "mapping.fields.number.0.from",
        "source-path-invalid",
    ),
    "a bracket without a text": (
        {"number": "xml.param[name]"},
        "mapping.fields.number.0.from",
        "source-path-invalid",
    ),
    "a member without a list": (
        {"number": "each.n"},
        "mapping.fields.number.0.from",
        "source-without-list",
    ),
    "a condition without a requirement": (
        {"number": {"when": {"query.a": {}}, "from": "query.n"}},
        "mapping.fields.number.0.when.query.a",
        "condition-empty",
    ),
    "a table of a fixed value": (
        {"event": {"value": "a", "table": {"a": "ringing"}}},
        "mapping.fields.event.0.table",
        "table-without-source",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_rule_without_effect_is_named(what: str) -> None:
    fields, field, code = REFUSED[what]
    with pytest.raises(HitError) as caught:
        check_mapping(Mapping.model_validate({"fields": fields}))
    assert (caught.value.field, caught.value.code) == (field, code)


OTHER_PARTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a list in a member": ({"each": "each.x"}, "mapping.each", "source-without-list"),
    "a signed source without a name": (
        {"verify": {"method": "hmac", "in": "header.X", "over": "{header.}{body}"}},
        "mapping.verify.over",
        "source-incomplete",
    ),
    "a reply behind one for all": (
        {"answers": [{"body": "x"}, {"when": {"query.a": "1"}, "body": "y"}]},
        "mapping.answers.1",
        "rule-unreachable",
    ),
}


@pytest.mark.parametrize("what", OTHER_PARTS)
def test_part_without_effect_is_named(what: str) -> None:
    mapping, field, code = OTHER_PARTS[what]
    with pytest.raises(HitError) as caught:
        check_mapping(Mapping.model_validate(mapping))
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize(
    "source", ["json.a[name=b.c].d", "json.[0=ext].1", "form.user[]", "query.a[b]", "any.u[]"]
)
def test_brackets_that_mean_something_pass(source: str) -> None:
    check_mapping(Mapping.model_validate({"fields": {"number": source}}))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_presets_pass(preset: Preset) -> None:
    check_mapping(Mapping.model_validate(preset.mapping))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"number": ["query.n", "qurey.n"]}, "mapping.fields.number.1.from"),
        ({"number": ["+{query.n"]}, "mapping.fields.number.0.from"),
        ({"number": {"when": {"stat": "x"}, "value": "1"}}, "mapping.fields.number.0.when"),
        ({"number": {"from": "query.n", "decode": ["x"]}}, "mapping.fields.number.0.decode.0"),
        ({"number": {"from": "query.n", "decode": "x"}}, "mapping.fields.number.0.decode.0"),
        ({"number": "name", "name": "number"}, "mapping.fields.number"),
        ({"query": "query.n"}, "mapping.fields.query"),
    ],
)
async def test_invalid_mapping_names_the_rule(fields: dict[str, Any], field: str) -> None:
    device = StoredDevice(id="d", tenant="t", name="n", key_hash="k", mapping={"fields": fields})
    with pytest.raises(HitError) as caught:
        await DeviceConfigs(PRESETS).make(Tenant(id="t", name="T"), device)
    assert caught.value.field == field


async def test_signature_over_no_template_is_named() -> None:
    verify = {"method": "hmac", "in": "header.X", "over": "bdy"}
    device = StoredDevice(id="d", tenant="t", name="n", key_hash="k", mapping={"verify": verify})
    with pytest.raises(HitError) as caught:
        await DeviceConfigs(PRESETS).make(Tenant(id="t", name="T"), device)
    assert (caught.value.field, caught.value.code) == ("mapping.verify.over", "template-invalid")


def test_secret_that_nothing_is_compared_with_is_refused() -> None:
    presets = (PRESETS["generic"], PRESETS["placetel"])
    generic, placetel = (Mapping.model_validate(preset.mapping) for preset in presets)
    with pytest.raises(HitError) as refused:
        check_secret(generic, has_secret=True)
    assert (refused.value.field, refused.value.code) == ("secret", "device-secret-unused")
    check_secret(generic, has_secret=False)
    check_secret(placetel, has_secret=True)
