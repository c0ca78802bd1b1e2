"""Numbers that a program sends as decimals, because it reads them from a spreadsheet."""

import pytest

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.reader import DeviceConfig, interpret
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Mapping

FIELDS = {name: {"from": [f"json.{name}", f"form.{name}"]} for name in ("extension", "number")}
MAPPING = Mapping.model_validate(
    {
        "fields": {
            **FIELDS,
            "call_id": {"from": ["json.id", "form.id"]},
            "event": {"value": "ringing"},
        }
    }
)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"extension": 7512.0, "number": 498999998851.0, "id": 41.10}'),
        ("application/x-www-form-urlencoded", b"extension=7512.0&number=8999998851.0&id=41.10"),
    ],
)
def test_decimals_are_no_digits_but_of_an_id(kind: str, body: bytes) -> None:
    request = HitRequest("POST", "/", "", {"content-type": kind}, body, "192.0.2.21")
    (event,) = interpret(request, DeviceConfig(MAPPING, NumberProfile())).events
    assert event.remote is not None
    assert (event.extension, event.remote.e164) == ("7512", "+498999998851")
    assert event.external_id == "41.10"
