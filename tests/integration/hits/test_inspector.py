"""The inspector shows hits without keys, and replays refused ones at most once."""

import asyncio
import json
from datetime import timedelta

from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation
from support.tenant.browser import signed_in
from support.tenant.company import Company

RING = "GET /hit/KEY/ringing?extension=21&number=089%2099998001&call_id=try HTTP/1.1\r\n\r\n"


async def make(installation: Installation, company: Company, **fields: object) -> Json:
    return await installation.post("/api/devices", company.admin.token, {"name": "Desk", **fields})


async def hits(
    installation: Installation, company: Company, device: Json, **wanted: object
) -> Json:
    path = f"/api/devices/{device['id']}/hits"
    return await installation.get(path, company.admin.token, **wanted)


async def newest(installation: Installation, company: Company, device: Json, outcome: str) -> Json:
    async def there() -> Json:
        first: Json = (await hits(installation, company, device, limit=1))["items"][0]
        assert first["outcome"] == outcome
        return first

    return await until(there, what=f"a hit that is {outcome}")


async def test_hit_is_listed_with_its_call_and_matches(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company)
    record = await installation.make_record(company.tenant, "089 99998021", "Erika Huber")
    fields = {"extension": "21", "number": "089 99998021", "call_id": "shown", "name": "<b>E</b>"}
    call = await installation.phone(device["key"]).post_hits("ringing", **fields)

    async def matched() -> Json:
        hit = await newest(installation, company, device, "accepted")
        assert [m["record"] for m in hit["events"][0]["matches"]] == [record]
        return hit

    hit = await until(matched, what="the match")
    (event,) = hit["events"]
    assert (hit["status"], hit["field"], hit["why"]) == (202, None, None)
    assert (hit["request"]["method"], hit["request"]["path"]) == ("GET", "/ringing")
    assert "call_id=shown" in hit["request"]["query"]
    assert (event["call"], event["identity"], event["call_id"]) == (call, "phone", "shown")
    assert (event["remote"]["e164"], event["extension"]) == ("+498999998021", "21")


async def test_timeline_names_the_hits_of_a_call(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company)
    fields = {"extension": "21", "number": "089 99998023", "call_id": "timeline"}
    call = await installation.phone(device["key"]).post_hits("ringing", "connected", **fields)
    path = f"/api/calls/{call}/timeline"

    async def whole() -> list[Json]:
        entries: list[Json] = (await installation.get(path, company.admin.token))["items"]
        assert [entry["phase"] for entry in entries] == ["ringing", "connected"]
        return entries

    entries = await until(whole, what="the timeline")
    stored = (await hits(installation, company, device))["items"]
    assert [entry["hit"] for entry in entries] == [hit["id"] for hit in reversed(stored)]
    assert {entry["device"] for entry in entries} == {device["id"]}
    own = (await installation.get(path, company.user.token))["items"]
    assert own == [{**entry, "hit": ""} for entry in entries]


async def test_replayed_hit_is_in_the_timeline(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company)
    await installation.phone(device["key"]).hit("ringing", number="089 99998024", call_id="late")
    refused = await newest(installation, company, device, "refused")
    root = f"/api/devices/{device['id']}"
    await installation.ask("PATCH", root, company.admin.token, {"extension": "21"})
    hit = await installation.post(f"{root}/hits/{refused['id']}/replay", company.admin.token)
    path = f"/api/calls/{hit['events'][0]['call']}/timeline"

    async def names_it() -> bool:
        (entry,) = (await installation.get(path, company.admin.token))["items"]
        return bool(entry["hit"] == refused["id"])

    await until(names_it, what="the replayed hit")


async def test_stored_hit_contains_no_key_secret_or_credentials(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company, preset="vtiger", secret="s3cret-of-vtiger")
    key = device["key"]
    form = {
        "vtigersignature": "s3cret-of-vtiger",
        "callstatus": "DialBegin",
        "callUUID": "c-1",
        "callerIdNumber": "08999998001",
        "dialString": "SIP/201",
        "came_from": f"https://connector.example.de/hit/{key}",
    }
    headers = {"Authorization": "Basic cGhvbmU6c2VjcmV0", "Cookie": "a=b", "Referer": f"/{key}"}
    answer = await installation.client.post(f"/hit/{key}?k={key}", data=form, headers=headers)
    assert answer.status_code < 300, answer.text
    kept = json.dumps(await newest(installation, company, device, "accepted"))
    for secret in (key, "s3cret-of-vtiger", "cGhvbmU6c2VjcmV0", "a=b"):
        assert secret not in kept


async def test_pages_of_hits_go_back_in_time(installation: Installation, company: Company) -> None:
    device = await make(installation, company)
    for n in range(5):
        await installation.phone(device["key"]).post_hits(
            "ringing", extension="21", number="1", call_id=f"p{n}"
        )
    seen: list[str] = []
    page = await hits(installation, company, device, limit=2)
    seen += [hit["events"][0]["call_id"] for hit in page["items"]]
    while page["next"]:
        page = await hits(installation, company, device, limit=2, cursor=page["next"])
        seen += [hit["events"][0]["call_id"] for hit in page["items"]]
    assert seen == ["p4", "p3", "p2", "p1", "p0"]


async def test_hit_after_its_retention_is_not_listed(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company)
    await installation.phone(device["key"]).post_hits(
        "ringing", extension="21", number="1", call_id="old"
    )
    await newest(installation, company, device, "accepted")
    installation.clock.move(timedelta(days=7, seconds=1))
    try:
        company_later = installation.token(company.tenant)
        path = f"/api/devices/{device['id']}/hits"
        assert (await installation.get(path, company_later))["items"] == []
    finally:
        installation.clock.reset()


async def test_refused_hit_replayed_many_times_is_one_call(
    installation: Installation, company: Company
) -> None:
    wrong = {"fields": {"event": [{"from": "query.nothing", "table": {"a": "ringing"}}]}}
    device = await make(installation, company, mapping=wrong)
    fields = {"extension": "21", "number": "089 99998031", "call_id": "mended"}
    answer = await installation.phone(device["key"]).hit("ringing", **fields)
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == ["event"]
    hit = await newest(installation, company, device, "refused")
    assert (hit["field"], hit["status"], hit["events"]) == ("event", 422, [])
    path = f"/api/devices/{device['id']}"
    again = await installation.ask("POST", f"{path}/hits/{hit['id']}/replay", company.admin.token)
    assert again.status_code == 422
    assert [e["field"] for e in again.json()["errors"]] == ["event"]
    mended = await installation.ask("PATCH", path, company.admin.token, {"mapping": {}})
    assert mended.status_code == 200, mended.text
    replays = [
        installation.post(f"{path}/hits/{hit['id']}/replay", company.admin.token) for _ in range(6)
    ]
    answers = await asyncio.gather(*replays)
    calls = {answer["events"][0]["call"] for answer in answers}
    assert len(calls) == 1
    assert all(answer["replayed_at"] for answer in answers)
    (call,) = calls
    logged = await installation.logged(company.admin.token, call, phase="ringing")
    assert logged["rung_at"] == hit["at"]
    assert len(await installation.calls(company.admin.token, number="089 99998031")) == 1
    last = await installation.post(f"{path}/hits/{hit['id']}/replay", company.admin.token)
    assert (last["outcome"], last["events"][0]["call"]) == ("accepted", call)


async def test_hit_replayed_much_later_is_logged_without_a_popup(
    installation: Installation, company: Company
) -> None:
    wrong = {"fields": {"event": [{"from": "query.nothing"}]}}
    device = await make(installation, company, mapping=wrong)
    path = f"/api/devices/{device['id']}"
    fields = {"extension": "21", "number": "089 99998041", "call_id": "late"}
    assert (await installation.phone(device["key"]).hit("ringing", **fields)).status_code == 422
    hit = await newest(installation, company, device, "refused")
    person = await installation.make_user(company.tenant, extensions=("21",))
    installation.clock.move(timedelta(hours=1))
    try:
        admin = installation.token(company.tenant)
        token = (await installation.sign_in(company.tenant, person.login)).json()["token"]
        answer = await installation.ask("PATCH", path, admin, {"mapping": {}})
        assert answer.status_code == 200, answer.text
        async with signed_in(installation.url, token) as browser:
            replayed = await installation.post(f"{path}/hits/{hit['id']}/replay", admin)
            late = replayed["events"][0]["call"]
            await installation.logged(admin, late, rung_at=hit["at"])
            now = await installation.phone(device["key"]).post_hits(
                "ringing", **{**fields, "call_id": "now"}
            )
            await browser.expect_call(now)
            assert late not in [call["id"] for call in browser.calls()]
    finally:
        installation.clock.reset()


async def test_hit_refused_for_its_signature_cannot_be_replayed(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company, preset="placetel", secret="12345")
    body = "call_id=a1&direction=in&event=IncomingCall&from=08999998051&to=08999998000"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-PLACETEL-SIGNATURE": "0" * 64,
    }
    answer = await installation.client.post(f"/hit/{device['key']}", content=body, headers=headers)
    assert answer.status_code == 403
    hit = await newest(installation, company, device, "refused")
    path = f"/api/devices/{device['id']}/hits/{hit['id']}/replay"
    assert (await installation.ask("POST", path, company.admin.token)).status_code == 409
    assert await installation.calls(company.admin.token, number="+498999998051") == []


async def test_dry_run_of_a_request_makes_no_call(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company)
    path = f"/api/devices/{device['id']}/try"
    result = await installation.post(path, company.admin.token, {"request": RING})
    assert result["outcome"] == "accepted"
    (event,) = result["events"]
    assert (event["event"], event["extension"], event["call"]) == ("ringing", "21", None)
    assert event["remote"]["e164"] == "+498999998001"
    numbers = {"region": "AT"}
    result = await installation.post(
        path, company.admin.token, {"request": RING, "numbers": numbers}
    )
    assert result["events"][0]["remote"]["e164"] == "+438999998001"
    fixed = {"fields": {"extension": [{"value": "77"}]}}
    result = await installation.post(path, company.admin.token, {"request": RING, "mapping": fixed})
    assert result["events"][0]["extension"] == "77"
    result = await installation.post(
        path, company.admin.token, {"request": RING.replace("ringing", "busy")}
    )
    assert (result["outcome"], result["field"]) == ("refused", "event")
    result = await installation.post(path, company.admin.token, {"request": "\x00"})
    assert result["outcome"] == "refused"
    assert (await hits(installation, company, device))["items"] == []


async def test_dry_run_names_probes_notes_and_unread_members(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company)

    async def tried(request: str, **more: object) -> Json:
        path = f"/api/devices/{device['id']}/try"
        trial = {"request": request, **more}
        return await installation.post(path, company.admin.token, trial)

    probe = await tried(RING.replace("GET", "HEAD"))
    assert (probe["outcome"], probe["code"], probe["events"]) == ("ignored", "hit-probe", [])
    noted = await tried(RING.replace("call_id=try", "duration=soon"))
    ((note,),) = (event["notes"] for event in noted["events"])
    assert (note["field"], note["code"]) == ("duration", "duration-invalid")
    listed = {"each": "query.extension", "fields": {"event": "each", "extension": "query.number"}}
    half = RING.replace("extension=21", "extension=ringing&extension=21")
    read = await tried(half, mapping=listed)
    assert [event["event"] for event in read["events"]] == ["ringing"]
    assert [member["field"] for member in read["unread"]] == ["each.1.event"]


async def test_dry_run_checks_mapping_and_signature(
    installation: Installation, company: Company
) -> None:
    mapping = {"verify": {"method": "equal", "in": "header.X-Key"}}
    device = await make(installation, company, secret="s3cret-of-the-sender", mapping=mapping)
    path = f"/api/devices/{device['id']}/try"

    async def tried(request: str, mapping: Json) -> Json:
        trial = {"request": request, "mapping": mapping}
        return await installation.post(path, company.admin.token, trial)

    good = RING.replace("\r\n\r\n", "\r\nX-Key: s3cret-of-the-sender\r\n\r\n")
    assert (await tried(good, mapping))["outcome"] == "accepted"
    forged = await tried(good.replace("s3cret", "secret"), mapping)
    assert (forged["outcome"], forged["code"]) == ("refused", "signature-wrong")
    assert len(forged["events"]) == 1
    wrong = await tried(good, {"fields": {"number": "query."}})
    assert (wrong["outcome"], wrong["field"]) == ("refused", "mapping.fields.number.0.from")


async def test_dry_run_of_a_mapping_too_large_is_refused(
    installation: Installation, company: Company
) -> None:
    device = await make(installation, company)
    path = f"/api/devices/{device['id']}/try"
    mapping = {"fields": {"name": {"value": "x" * 20_000}}}
    for more in ({"mapping": mapping}, {"numbers": {"trunk": "+49" * 7000}}):
        result = await installation.post(path, company.admin.token, {"request": RING, **more})
        assert (result["outcome"], result["field"]) == ("refused", "mapping")


async def test_hit_is_sent_to_the_socket_that_watches_its_device(
    installation: Installation, company: Company
) -> None:
    device, other = await make(installation, company), await make(installation, company)
    async with signed_in(installation.url, company.admin.token) as browser:
        await browser.send({"type": "watch", "device": device["id"]})
        count = iter(range(1000))

        async def seen() -> Json:
            for phone in (other, device):
                fields = {"extension": "99", "number": "1", "call_id": f"live-{next(count)}"}
                await installation.phone(phone["key"]).post_hits("ringing", **fields)
            assert browser.of_type("hit")
            first: Json = browser.of_type("hit")[0]["hit"]
            return first

        hit = await until(seen, what="a hit on the socket")
        assert {frame["hit"]["device"] for frame in browser.of_type("hit")} == {device["id"]}
    assert hit["events"][0]["event"] == "ringing"
