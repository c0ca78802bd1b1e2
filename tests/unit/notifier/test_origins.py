"""Pages of other sites open no socket and begin no session."""

import pytest
from fastapi import Request
from starlette.datastructures import Headers

from softphone_common.http.problem import ProblemError
from softphone_notifier.origins import Origins

ORIGINS = Origins(["https://crm.example"])
OTHERS = [
    "https://other.example",
    "https://connector.example.other.example",
    "https://connector.example:8443",
    "null",
    "https://[::1",
]


def headers(**more: str) -> Headers:
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return Headers({"host": "connector.example", **named})


@pytest.mark.parametrize("origin", ["https://connector.example", "https://crm.example"])
def test_own_or_listed_origin_is_allowed(origin: str) -> None:
    assert ORIGINS.allow(headers(origin=origin))


def test_client_without_an_origin_is_allowed() -> None:
    assert ORIGINS.allow(headers())


@pytest.mark.parametrize("origin", OTHERS)
def test_origin_of_another_site_is_refused(origin: str) -> None:
    assert not ORIGINS.allow(headers(origin=origin))


@pytest.mark.parametrize(
    "sent",
    [
        *({"origin": origin} for origin in OTHERS),
        {"origin": "http://connector.example", "sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
async def test_request_of_another_site_is_refused(sent: dict[str, str]) -> None:
    request = Request({"type": "http", "headers": headers(**sent).raw})
    with pytest.raises(ProblemError) as refusal:
        await ORIGINS.require(request)
    assert refusal.value.code == "origin-refused"
