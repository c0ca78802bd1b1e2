"""Only hosts that the operator has listed are called."""

import pytest
from pydantic import ValidationError

from softphone_matcher.outbound.client import Outbound
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.outbound.hosts import PermittedHosts
from softphone_matcher.settings import MatcherSettings
from softphone_testing.installation_keys import KEYS

LISTED = "crm.example.com, *.example.org:8443, localhost:8080, 127.0.0.1, *.example.net"
PERMITTED = [
    "https://crm.example.com/contacts?limit=5",
    "https://CRM.example.com/",
    "https://crm.example.com:443/",
    "https://a.example.org:8443/",
    "https://a.b.example.org:8443/",
    "https://a.example.net/",
    "http://localhost:8080/",
    "http://127.0.0.1/",
    "ldaps://crm.example.com",
    "ldaps://crm.example.com:636/",
    "ldap://crm.example.com/",
    "ldaps://a.example.org:8443",
]
FORBIDDEN = [
    "https://crm.example.com:8443/",
    "https://crm.example.com:0/",
    "https://example.com/",
    "https://a.crm.example.com/",
    "https://crm.example.com.evil.example/",
    "https://evilcrm.example.com/",
    "https://crm.example.com./",
    "https://a.example.org/",
    "https://example.org:8443/",
    "https://.example.org:8443/",
    "https://evilexample.net/",
    "https://localhost/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://127.0.0.1:27017/",
    "http://169.254.169.254/latest/meta-data/",
    "ldaps://ldap.example.com",
    "ldap://crm.example.com:3268",
    "ldaps://crm.example.com:443",
    "ldap://a.example.org",
]
"""Addresses that nobody listed, in the spellings in which attackers try them."""
WITHOUT_TLS = ["http://crm.example.com/", "http://a.example.net/"]
NO_ADDRESSES = [
    "crm.example.com",
    "ftp://crm.example.com/",
    "file:///etc/passwd",
    "gopher://crm.example.com/",
    "ldapi://crm.example.com/",
    "ldap:///dc=example,dc=com",
    "ldaps://cn=a:password@crm.example.com/",
    "https:///contacts",
    "https://user:password@crm.example.com/",
    "https://evil.example@crm.example.com/",
    "https://crm.example.com\\@evil.example/",
    "https://crm.example.com:99999/",
    "https://[::1/",
]


@pytest.fixture(scope="module")
def outbound() -> Outbound:
    return Outbound(PermittedHosts(LISTED), 1, 1000)


@pytest.mark.parametrize("address", PERMITTED)
def test_listed_host_is_permitted(outbound: Outbound, address: str) -> None:
    assert outbound.check(address).startswith(address[:8].casefold())


@pytest.mark.parametrize("address", [*FORBIDDEN, *WITHOUT_TLS])
def test_other_host_is_forbidden(outbound: Outbound, address: str) -> None:
    with pytest.raises(SourceError) as error:
        outbound.check(address)
    assert error.value.code in {"source-host-forbidden", "source-address-invalid"}
    assert "crm" not in str(error.value.params.get("host")) or "crm" in address


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_text_that_is_no_address_is_refused(outbound: Outbound, address: str) -> None:
    with pytest.raises(SourceError, match=r"source-(address-invalid|host-forbidden)"):
        outbound.check(address)


def test_no_host_is_permitted_at_first() -> None:
    hosts = PermittedHosts(MatcherSettings.model_fields["source_hosts"].default)
    for name in ("crm.example.com", "localhost", "127.0.0.1", ""):
        assert not hosts.permit("https", name, None)


@pytest.mark.parametrize("text", ["*", "*.com", "https://crm.example.com", "a/b", "*.*.de", "a b"])
def test_list_with_too_much_is_no_setting(text: str) -> None:
    with pytest.raises(ValidationError, match="source_hosts"):
        MatcherSettings(**KEYS, source_hosts=f"crm.example.com, {text}")


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/", "//evil.example/", "http://crm.example.com/", "https://["],
)
def test_link_to_another_host_is_not_followed(outbound: Outbound, link: str) -> None:
    with pytest.raises(SourceError):
        outbound.follow("https://crm.example.com/contacts", link)
    followed = outbound.follow("https://crm.example.com/contacts", "?page=2")
    assert followed == "https://crm.example.com/contacts?page=2"
