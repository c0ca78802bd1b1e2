"""The attributes of an entry become texts."""

import pytest

from softphone_matcher.outbound.ldap import LdapEntry, is_dn, is_filter
from softphone_matcher.outbound.ldap_entries import attributes_of, columns_of, texts_of
from softphone_matcher.sources.source import PEOPLE

GUID = bytes.fromhex("33221100554477668899aabbccddeeff")


@pytest.mark.parametrize(
    ("name", "value", "texts"),
    [
        ("cn", "Bäcker".encode(), ["Bäcker"]),
        ("cn;lang-de", b"Huber", ["Huber"]),
        ("objectGUID", GUID, ["00112233-4455-6677-8899-aabbccddeeff"]),
        ("objectGUID", b"short", []),
        ("jpegPhoto", b"\xff\xd8\xff", []),
        ("description", b"", []),
        ("postalAddress", b"Hauptstr. 1$80331 M\xc3\xbcnchen", ["Hauptstr. 1, 80331 München"]),
        ("postalAddress", b"5 \\24 Road$", ["5 $ Road"]),
        ("labeledURI", b"https://huber.example/ The bakery", ["https://huber.example/"]),
        ("proxyAddresses", b"SMTP:a@huber.example", ["a@huber.example"]),
        ("proxyAddresses", b"sip:a@huber.example", []),
    ],
)
def test_value_of_an_attribute_is_read(name: str, value: bytes, texts: list[str]) -> None:
    assert texts_of(LdapEntry("cn=a", {name: [value]}))[name.casefold()] == texts


def test_name_of_an_entry_is_a_column() -> None:
    assert texts_of(LdapEntry("cn=a,dc=b", {}))["dn"] == ["cn=a,dc=b"]


def test_columns_are_the_attributes_with_ids_first() -> None:
    names = ("cn", "mail", "entryUUID", "userPassword", "jpegPhoto", "userCertificate;binary")
    entries = [LdapEntry("cn=a", {"cn": []}), LdapEntry("cn=b", {name: [] for name in names})]
    assert columns_of(entries, 9) == ["entryUUID", "cn", "mail"]
    assert columns_of(entries, 2) == ["entryUUID", "cn"]


def test_only_attributes_that_people_may_see_are_asked_for() -> None:
    hidden = ("userPassword", "USERPASSWORD;x-a", "thumbnailPhoto", "unicodePwd", "dn")
    strange = ("*", "+", "", "a b", "cn)(x=*", "phones.0.number", "photo;binary", "ä")
    assert attributes_of(("cn", *hidden, *strange, "cn;lang-de")) == ("cn", "cn;lang-de")
    assert attributes_of(("dn",)) == ("1.1",)


@pytest.mark.parametrize(
    "text",
    [
        PEOPLE,
        "(cn=*)",
        "(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
        "(cn=H*b*r)",
        "(cn=\\2a)",
        "(cn=Bäcker)",
    ],
)
def test_filter_is_accepted(text: str) -> None:
    assert is_filter(text)


@pytest.mark.parametrize(
    "text", ["", "cn=a", "(cn=a", "(cn=a))", "(&)", "(a)", "(cn=a)(cn=b)", "()", "(!" * 800]
)
def test_text_that_is_no_filter_is_refused(text: str) -> None:
    assert not is_filter(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dc=example,dc=com", True),
        ("OU=Münchner Büro,DC=example,DC=com", True),
        ("cn=a\\,b,dc=example", True),
        ("", False),
        ("example.com", False),
        ("dc=example,", False),
        ("=a", False),
    ],
)
def test_name_of_an_entry_is_known(text: str, expected: bool) -> None:
    assert is_dn(text) is expected
