"""Settings of the sign-in at a provider: what stops the start, and what may be called."""

from typing import Any

import pytest
from pydantic import ValidationError

from softphone_notifier.openid_settings import OpenIdSettings, is_callable
from softphone_testing.installation_keys import KEYS

WHOLE: dict[str, Any] = {
    "amqp_url": "amqp://x",
    "mongo_url": "mongodb://x",
    "redis_url": "redis://x",
    "token_public_keys": KEYS["token_public_keys"],
    "openid_issuer": "https://id.example/realms/huber",
    "openid_client_id": "softphone",
    "openid_tenant": "huber",
}


def test_settings_without_a_provider_need_nothing_else() -> None:
    bare = {name: value for name, value in WHOLE.items() if not name.startswith("openid")}
    assert OpenIdSettings(**bare).openid_issuer is None
    assert not OpenIdSettings(**bare).openid_create_users


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"openid_issuer": "http://id.example"}, "openid_issuer"),
        ({"openid_issuer": "http://127.0.0.1.example"}, "openid_issuer"),
        ({"openid_issuer": "id.example"}, "openid_issuer"),
        ({"openid_issuer": "https://id.example?x=1"}, "openid_issuer"),
        ({"openid_client_id": ""}, "openid_tenant_claim"),
        ({"openid_tenant": None}, "openid_tenant_claim"),
        ({"openid_tenant_claim": "org"}, "openid_tenant_claim"),
        ({"openid_tenant": "Huber GmbH"}, "openid_tenant"),
        ({"openid_scopes": "profile email"}, "openid_scopes"),
        ({"openid_roles": {"boss": "chief"}}, "openid_roles"),
        ({"openid_role_default": "operator"}, "openid_role_default"),
        ({"openid_name": ""}, "openid_name"),
    ],
)
def test_setting_of_another_form_stops_the_start(change: dict[str, Any], field: str) -> None:
    assert OpenIdSettings(**WHOLE)
    with pytest.raises(ValidationError) as error:
        OpenIdSettings(**{**WHOLE, **change})
    assert field in {str(each["loc"][0]) for each in error.value.errors()}


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://id.example/token", True),
        ("http://localhost:8080/token", True),
        ("http://127.0.0.1/token", True),
        ("http://[::1]:1/token", True),
        ("http://id.example/token", False),
        ("http://localhost.example/token", False),
        ("http://user@10.0.0.1/token", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("http://[::1", False),
    ],
)
def test_only_addresses_with_tls_or_of_this_machine_are_called(url: str, allowed: bool) -> None:
    assert is_callable(url) is allowed
