"""Who signs in, by the claims of an ID token and the settings for them."""

from typing import Any

import pytest

from softphone_common.http.problem import ProblemError
from softphone_notifier.openid.person import Person, person_of
from softphone_notifier.openid_settings import OpenIdSettings
from softphone_testing.installation_keys import KEYS

SERVERS = {"amqp_url": "amqp://x", "mongo_url": "mongodb://x", "redis_url": "redis://x"}
CLAIMS: dict[str, Any] = {"iss": "https://id.example", "sub": "17"}


def person(claims: dict[str, Any], **settings: Any) -> Person:
    values: dict[str, Any] = {
        "openid_issuer": "https://id.example",
        "openid_client_id": "softphone",
    }
    if "openid_tenant_claim" not in settings:
        values["openid_tenant"] = "huber"
    values |= {"token_public_keys": KEYS["token_public_keys"], **SERVERS, **settings}
    return person_of({**CLAIMS, **claims}, OpenIdSettings(**values))


def refusal(claims: dict[str, Any], **settings: Any) -> str:
    with pytest.raises(ProblemError) as problem:
        person(claims, **settings)
    return problem.value.code


def test_person_without_further_claims_has_the_settings_tenant() -> None:
    assert person({}) == Person(
        subject="https://id.example 17",
        email_subject=None,
        tenant="huber",
        login="17",
        name="",
        role=None,
        extensions=None,
    )


def test_login_is_the_first_claim_that_has_a_text() -> None:
    claims = {"preferred_username": " anna ", "email": "anna@example.com", "upn": "a.albrecht"}
    assert person(claims).login == "anna"
    assert person({**claims, "preferred_username": " "}).login == "anna@example.com"
    assert person(claims, openid_login_claim="upn").login == "a.albrecht"
    assert person({"preferred_username": "x" * 300}).login == "x" * 100
    assert person({"preferred_username": ["anna"]}).login == "17"


def test_address_counts_only_if_the_provider_has_verified_it() -> None:
    claims = {"email": "Anna@Example.com"}
    verified = {**claims, "email_verified": True}
    assert person(verified).email_subject == "email huber anna@example.com"
    for state in (None, False, "true", 1):
        assert person({**claims, "email_verified": state}).email_subject is None


def test_tenant_comes_from_its_claim() -> None:
    setting = {"openid_tenant_claim": "org.id"}
    assert person({"org": {"id": "meier"}}, **setting).tenant == "meier"
    assert person({"org.id": "exact"}, **setting).tenant == "exact"
    for value in (None, "", "Meier GmbH", "meier\n", ["meier"], 17):
        assert refusal({"org": {"id": value}}, **setting) == "openid-tenant-missing"
    assert refusal({"org": "meier"}, **setting) == "openid-tenant-missing"


ROLES = {"openid_role_claim": "realm.roles", "openid_roles": {"boss": "admin", "staff": "user"}}


def test_highest_role_of_the_claim_counts() -> None:
    for values in (["staff", "boss"], ["boss", "staff", "cook"], "boss"):
        assert person({"realm": {"roles": values}}, **ROLES).role == "admin"
    assert person({"realm": {"roles": ["staff"]}}, **ROLES).role == "user"
    assert person({"realm": {"roles": ["cook"]}}, **ROLES).role == "user", "by default"


def test_person_without_a_named_role_can_be_refused() -> None:
    strict = {**ROLES, "openid_role_default": "none"}
    realms: tuple[Any, ...] = (None, {}, {"roles": ["cook"]}, {"roles": {}})
    for realm in realms:
        assert refusal({"realm": realm}, **strict) == "openid-role-missing"
    assert refusal({}, **strict) == "openid-role-missing"
    assert person({"realm": {"roles": ["staff"]}}, **strict).role == "user"


def test_claim_makes_an_operator_only_if_a_value_is_named_for_it() -> None:
    for value in ("operator", ["operator", "admin"], True):
        assert person({"realm": {"roles": value}}, **ROLES).role == "user"
    named = {**ROLES, "openid_roles": {"installers": "operator"}}
    assert person({"realm": {"roles": ["installers"]}}, **named).role == "operator"


def test_extensions_come_from_their_claim() -> None:
    setting = {"openid_extensions_claim": "phone"}
    assert person({"phone": ["21", 22, "21", ""]}, **setting).extensions == ("21", "22")
    assert person({"phone": "21, 22,"}, **setting).extensions == ("21", "22")
    assert person({"phone": "x" * 65}, **setting).extensions == ()
    assert person({}, **setting).extensions == ()
    assert len(person({"phone": [*range(99)]}, **setting).extensions or ()) == 50


def test_half_characters_are_left_out() -> None:
    odd = person({"name": "An\ud800na", "preferred_username": "\ud800"})
    assert (odd.name, odd.login) == ("Anna", "17")
