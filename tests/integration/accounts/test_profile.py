"""A user's own profile: one answer has all that the page needs, and one request changes it."""

import pytest

from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation
from support.tenant.company import Person

CHOSEN: Json = {
    "language": "de",
    "theme": "dark",
    "sound": True,
    "notifications": True,
    "do_not_disturb": True,
    "pop_on": "answer",
    "no_record": "new",
    "one_record": "open",
    "many_records": "popup",
}
OF_TENANT = {
    "name",
    "popup",
    "record_url",
    "own_extensions",
    "dial_link",
    "dial_spelling",
}
UNCHOSEN: Json = {
    "language": "browser",
    "theme": "system",
    "sound": False,
    "notifications": False,
    "do_not_disturb": False,
    "pop_on": None,
    "no_record": None,
    "one_record": None,
    "many_records": None,
}


async def change(installation: Installation, token: str, body: Json) -> Json:
    answer = await installation.ask("PATCH", "/api/me", token, body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def renewed(installation: Installation, who: Person) -> Json:
    held = {"Cookie": f"softphone_session={who.cookie}"}
    return dict((await installation.ask("POST", "/api/session/renew", headers=held)).json())


async def test_sign_in_and_renewal_carry_the_profile(
    installation: Installation, anna: Person
) -> None:
    me = await installation.get("/api/me", anna.token)
    assert (me["user"]["login"], me["preferences"]) == (anna.login, UNCHOSEN)
    await change(installation, anna.token, {"preferences": CHOSEN})
    for answer in (
        await installation.get("/api/me", anna.token),
        (await installation.sign_in(anna.tenant, anna.login)).json(),
        await renewed(installation, anna),
    ):
        assert answer["preferences"] == CHOSEN
        assert answer["tenant"].keys() == OF_TENANT


async def test_preferences_change_one_by_one(installation: Installation, anna: Person) -> None:
    await change(installation, anna.token, {"preferences": {"theme": "dark", "pop_on": "hand"}})
    me = await change(installation, anna.token, {"preferences": {"sound": True, "pop_on": None}})
    assert me["preferences"] == {**UNCHOSEN, "theme": "dark", "sound": True}
    assert (await installation.ask("GET", "/api/calls", anna.token)).status_code == 200
    other = await installation.make_user(anna.tenant, "user", ("22",))
    assert (await installation.get("/api/me", other.token))["preferences"] == UNCHOSEN


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"preferences": {"theme": "pink"}}, "preferences.theme"),
        ({"preferences": {"language": None}}, "preferences.language"),
        ({"preferences": {"sound": None}}, "preferences.sound"),
        ({"preferences": {"pop_on": "never"}}, "preferences.pop_on"),
        ({"preferences": {"role": "admin"}}, "preferences.role"),
        ({"name": "a" * 101}, "name"),
        ({"extensions": [""]}, "extensions.0"),
        ({"role": "operator"}, "role"),
        ({"teams": ["board"]}, "teams"),
        ({"tenant": "other"}, "tenant"),
    ],
)
async def test_profile_of_another_form_is_refused(
    installation: Installation, anna: Person, body: Json, field: str
) -> None:
    answer = await installation.ask("PATCH", "/api/me", anna.token, body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_user_sets_the_own_name(installation: Installation, anna: Person) -> None:
    me = await change(installation, anna.token, {"name": "Anna Albrecht", "extensions": ["21"]})
    assert me["user"]["name"] == "Anna Albrecht"
    outdated = await installation.ask("GET", "/api/calls", anna.token)
    assert (outdated.status_code, outdated.json()["code"]) == (401, "token-outdated")
    assert (await renewed(installation, anna))["user"]["name"] == "Anna Albrecht"


async def test_tenant_decides_who_sets_own_extensions(
    installation: Installation, anna: Person
) -> None:
    body = {"extensions": ["21", "99"], "preferences": {"theme": "dark"}}
    refused = await installation.ask("PATCH", "/api/me", anna.token, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "own-extensions-refused")
    me = await installation.get("/api/me", anna.token)
    assert (me["user"]["extensions"], me["preferences"]) == (["21"], UNCHOSEN)
    admin = await installation.make_user(anna.tenant, "admin", ())
    me = await change(installation, admin.token, {"extensions": ["20"]})
    assert me["user"]["extensions"] == ["20"]
    settings = {"own_extensions": True}
    token = installation.token(anna.tenant)
    assert (await installation.ask("PATCH", "/api/tenant", token, settings)).status_code == 200

    async def is_received() -> bool:
        me = await installation.get("/api/me", anna.token)
        return bool(me["tenant"]["own_extensions"])

    await until(is_received, what="the tenant at notifier")
    me = await change(installation, anna.token, body)
    assert (me["user"]["extensions"], me["preferences"]["theme"]) == (["21", "99"], "dark")


async def test_profile_has_the_defaults_of_the_tenant(
    installation: Installation, anna: Person
) -> None:
    popup = {"pop_on": "answer", "one_record": "open"}
    url = "https://crm.example/contact/{host_id}?phone={e164}"
    body = {"name": "Albrecht KG", "popup": popup, "record_url": url}
    token = installation.token(anna.tenant)
    assert (await installation.ask("PATCH", "/api/tenant", token, body)).status_code == 200

    async def is_received() -> bool:
        tenant = (await installation.get("/api/me", anna.token))["tenant"]
        assert tenant == {
            "name": "Albrecht KG",
            "popup": {**popup, "no_record": "popup", "many_records": "popup"},
            "record_url": url,
            "own_extensions": False,
            "dial_link": "tel:{number}",
            "dial_spelling": "e164",
        }
        return True

    await until(is_received, what="the tenant at notifier")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://crm.example/",
        "//crm.example/",
        "https:crm.example",
        "https://",
        "https://{host_id}/",
        "https://anna:secret@crm.example/",
        "https://crm.example\\@evil.example/",
        "https://crm.example:port/",
        "https://crm.example/{password}",
        "https://crm.example/{e164",
        "https://crm.example/e164}",
        "https://crm.example/a b",
        "https://crm.example/\n",
        f"https://crm.example/{'a' * 500}",
    ],
)
async def test_address_of_another_form_is_refused(installation: Installation, url: str) -> None:
    token = installation.token("no-tenant")
    answer = await installation.ask("PATCH", "/api/tenant", token, {"record_url": url})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["record_url"]
