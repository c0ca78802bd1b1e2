"""Who is shown a call, its comments and its requests: every route and every kind of frame."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import pytest

from softphone_common.contracts.websocket import ServerFrame
from softphone_testing.until import until
from support.product import Json
from support.stack.full_company import NUMBER, make_full_company
from support.stack.installation import Installation
from support.stack.routes import LEAST, attempts
from support.tenant.browser import Browser, signed_in
from support.tenant.company import Company

Viewer = Literal["user", "colleague", "admin", "operator", "stranger"]
"""The user at the call's extension, one at another extension, an administrator, an operator, and
an administrator of another tenant."""

NOBODY: frozenset[Viewer] = frozenset()
ADMIN: frozenset[Viewer] = frozenset({"admin"})
OWN: frozenset[Viewer] = frozenset({"user", "admin"})

SHOWS_CALLS: dict[str, frozenset[Viewer]] = {
    "POST /api/dial": NOBODY,
    "GET /api/dial/link": NOBODY,
    "PUT /api/dial/link": NOBODY,
    "DELETE /api/dial/link": NOBODY,
    "GET /api/devices": NOBODY,
    "POST /api/devices": NOBODY,
    "PATCH /api/devices/{device}": NOBODY,
    "DELETE /api/devices/{device}": NOBODY,
    "GET /api/devices/{device}": NOBODY,
    "POST /api/devices/{device}/key": NOBODY,
    "GET /api/devices/{device}/urls": NOBODY,
    "GET /api/devices/{device}/hits": ADMIN,
    "POST /api/devices/{device}/hits/{hit}/replay": ADMIN,
    "POST /api/devices/{device}/try": NOBODY,
    "POST /api/devices/{device}/test": NOBODY,
    "GET /api/presets": NOBODY,
    "GET /api/tenant": NOBODY,
    "POST /api/tenant/try-number": NOBODY,
    "PATCH /api/tenant": NOBODY,
    "PUT /api/tenant/activation": NOBODY,
    "GET /api/tenants": NOBODY,
    "GET /api/tenants/{tenant}": NOBODY,
    "PUT /api/tenants/{tenant}": NOBODY,
    "GET /api/system/calllog": NOBODY,
    "GET /api/system/ingest": NOBODY,
    "GET /api/system/janitor": NOBODY,
    "GET /api/system/matcher": NOBODY,
    "GET /api/system/notifier": NOBODY,
    "GET /api/directory/matches": NOBODY,
    "GET /api/directory/records": NOBODY,
    "POST /api/directory/records": NOBODY,
    "PUT /api/directory/records": NOBODY,
    "POST /api/directory/imports/preview": NOBODY,
    "GET /api/directory/imports": NOBODY,
    "POST /api/directory/imports": NOBODY,
    "GET /api/directory/imports/{run}": NOBODY,
    "DELETE /api/directory/imports/{run}": NOBODY,
    "GET /api/directory/imports/{run}/report": NOBODY,
    "POST /api/directory/imports/{run}/confirm": NOBODY,
    "GET /api/directory/sources": NOBODY,
    "POST /api/directory/sources": NOBODY,
    "POST /api/directory/sources/test": NOBODY,
    "PUT /api/directory/sources/{source}": NOBODY,
    "DELETE /api/directory/sources/{source}": NOBODY,
    "POST /api/directory/sources/{source}/run": NOBODY,
    "POST /api/directory/sources/{source}/test": NOBODY,
    "DELETE /api/directory/records": NOBODY,
    "GET /api/directory/records/{record}": NOBODY,
    "PATCH /api/directory/records/{record}": NOBODY,
    "DELETE /api/directory/records/{record}": NOBODY,
    "POST /api/directory/records/{record}/merge": NOBODY,
    "POST /api/directory/picks": NOBODY,
    "DELETE /api/directory/picks": NOBODY,
    "GET /api/directory/recycle-bin": NOBODY,
    "POST /api/directory/recycle-bin/{record}/restore": NOBODY,
    "GET /api/calls": OWN,
    "GET /api/calls/{call}": OWN,
    "GET /api/calls/{call}/comments": OWN,
    "GET /api/calls/missed": NOBODY,
    "POST /api/calls/missed/seen": NOBODY,
    "GET /api/calls/{call}/timeline": OWN,
    "DELETE /api/calls/{call}": NOBODY,
    "POST /api/calls/{call}/comments": OWN,
    "PATCH /api/calls/{call}/comments/{comment}": OWN,
    "DELETE /api/calls/{call}/comments/{comment}": NOBODY,
    "GET /api/calls/{call}/comments/{comment}/versions": NOBODY,
    "GET /api/recycle-bin/comments": ADMIN,
    "POST /api/recycle-bin/comments/{comment}/restore": ADMIN,
    "GET /api/comments": OWN,
    "GET /api/recycle-bin": ADMIN,
    "GET /api/audit": ADMIN | {"operator"},  # the id of a call that was deleted
    "POST /api/recycle-bin/{call}/restore": ADMIN,
    "GET /api/keys": NOBODY,
    "POST /api/keys": NOBODY,
    "DELETE /api/keys/{key}": NOBODY,
    "GET /api/users": NOBODY,
    "POST /api/users": NOBODY,
    "PATCH /api/users/{user}": NOBODY,
    "DELETE /api/users/{user}": NOBODY,
    "DELETE /api/users/{user}/sessions": NOBODY,
    "POST /api/users/{user}/invitation": NOBODY,
    "GET /api/users/{user}/openid": NOBODY,
    "PUT /api/users/{user}/openid": NOBODY,
    "DELETE /api/users/{user}/openid": NOBODY,
    "GET /api/me": NOBODY,
    "PATCH /api/me": NOBODY,
    "GET /api/me/second-factor": NOBODY,
    "POST /api/me/second-factor": NOBODY,
    "POST /api/me/second-factor/confirm": NOBODY,
    "POST /api/me/second-factor/remove": NOBODY,
    "DELETE /api/users/{user}/second-factor": NOBODY,
    "GET /api/sessions": NOBODY,
    "DELETE /api/sessions": NOBODY,
    "DELETE /api/sessions/{session}": NOBODY,
    "PUT /api/session/password": NOBODY,
    "GET /api/sweeps": NOBODY,
    "POST /api/sweeps": NOBODY,
    "GET /api/sweeps/schedule": NOBODY,
    "GET /api/dead-letters": NOBODY,
    "POST /api/dead-letters/replay": NOBODY,
    "GET /api/dead-letters/{letter}": NOBODY,
    "DELETE /api/dead-letters/{letter}": NOBODY,
    "POST /api/dead-letters/{letter}/replay": NOBODY,
}
"""The viewers to whom each route shows the call. A call that was deleted it shows to `ADMIN`."""

ABOUT_NO_CALL = {"alive", "resync"}
KINDS = {get_args(frame.model_fields["type"].annotation)[0] for frame in get_args(ServerFrame)}
SENT_TO: dict[str, frozenset[Viewer]] = {
    "welcome": frozenset({"user"}),
    "call": frozenset({"user"}),
    "comment": frozenset({"user"}),
    "trash": frozenset({"user"}),
    "hit": ADMIN,
}
"""The viewers who get the frames about the call, by the type of the frame."""


@dataclass(frozen=True)
class Viewers:
    """A company with a call of its user and a deleted one, and the tokens of all viewers."""

    company: Company
    tokens: dict[Viewer, str]
    deleted: Company
    """The company as its routes are asked for the deleted call."""


@pytest.fixture(scope="module")
async def viewers(installation: Installation) -> Viewers:
    company = await make_full_company(installation)
    stranger = await make_full_company(installation)
    colleague = await installation.make_user(company.tenant, "user", ("22",))
    tokens: dict[Viewer, str] = {
        "user": company.user.token,
        "colleague": colleague.token,
        "admin": company.admin.token,
        "operator": installation.operator,
        "stranger": stranger.admin.token,
    }
    call = company.examples.deleted_call
    path = f"/api/calls/{call}/comments"
    comment = {"text": f"binned at {company.tenant}", "record": company.record}

    async def is_commented() -> bool:
        answer = await installation.ask("POST", path, company.admin.token, comment)
        assert answer.status_code in {201, 422}, answer.text  # 422 until the match has arrived
        return answer.is_success

    await until(is_commented, what="the comment on the deleted call")

    mine = f"/api/calls/{company.examples.call}/comments"
    removed = await installation.post(mine, company.user.token, {"text": "removed at once"})
    answer = await installation.ask("DELETE", f"{mine}/{removed['id']}", company.user.token)
    assert answer.status_code == 204

    async def is_in_the_security_log() -> bool:
        entries = await installation.get("/api/audit", company.admin.token)
        return f"call/{call}" in {entry["target"] for entry in entries["items"]}

    await until(is_in_the_security_log, what="the deletion in the security log")
    examples = replace(company.examples, call=call)
    return Viewers(company, tokens, replace(company, examples=examples))


def words(company: Company, viewers: Viewers) -> set[str]:
    """The texts in an answer that shows the call that the company's routes are asked for."""
    word = "binned at" if company is viewers.deleted else "of"
    return {company.examples.call, f"{word} {company.tenant}"}


async def shown(
    installation: Installation, company: Company, token: str, routes: Iterable[str]
) -> dict[str, str]:
    """The answers of these routes to this token, by route."""
    answers = {}
    requests = attempts(company)
    for route in routes:
        path, body = requests[route]
        answer = await installation.ask(route.partition(" ")[0], path, token, body)
        assert answer.status_code != 500, (route, answer.text)
        answers[route] = answer.text
    return answers


async def test_every_route_says_who_sees_calls() -> None:
    assert set(SHOWS_CALLS) == set(LEAST), "a new route needs a row in SHOWS_CALLS"
    assert set(SENT_TO) | ABOUT_NO_CALL == KINDS, "a new type of frame needs a row in SENT_TO"


@pytest.mark.parametrize("viewer", ["user", "admin"])
async def test_call_is_shown_to_those_who_may_see_it(
    installation: Installation, viewers: Viewers, viewer: Viewer
) -> None:
    company, token = viewers.company, viewers.tokens[viewer]
    reading = [route for route in SHOWS_CALLS if route.startswith("GET ")]
    answers = await shown(installation, company, token, reading)
    showing = {
        route
        for route, text in answers.items()
        if any(word in text for word in words(company, viewers))
    }
    showing_deleted = {
        route
        for route, text in answers.items()
        if any(word in text for word in words(viewers.deleted, viewers))
    }
    expected = {route for route in reading if viewer in SHOWS_CALLS[route]}
    of_the_bin = {"GET /api/recycle-bin", "GET /api/audit"}
    assert showing == expected - of_the_bin
    assert showing_deleted - {"GET /api/devices/{device}/hits"} == expected & of_the_bin


@pytest.mark.parametrize("viewer", ["colleague", "operator", "stranger", "user"])
async def test_call_is_shown_to_nobody_else(
    installation: Installation, viewers: Viewers, viewer: Viewer
) -> None:
    """The user at its extension sees nothing of the deleted call either."""
    hidden = (viewers.deleted,) if viewer == "user" else (viewers.company, viewers.deleted)
    # the last, since an operator may change the tenant and its users
    for company in hidden:
        routes = [r for r in SHOWS_CALLS if viewer == "operator" or LEAST[r] != "operator"]
        answers = await shown(installation, company, viewers.tokens[viewer], routes)
        leaks = {
            (route, word)
            for route, text in answers.items()
            for word in words(company, viewers)
            if word in text and (viewer == "user" or viewer not in SHOWS_CALLS[route])
        }
        assert leaks == set()


async def test_frames_are_sent_to_those_who_may_see_the_call(
    installation: Installation, viewers: Viewers
) -> None:
    company, admin = viewers.company, viewers.tokens["admin"]
    fields = {"extension": "21", "number": NUMBER}
    running = await company.phone.post_hits("ringing", call_id="running", **fields)
    text = f"seen by few at {company.tenant}"
    url, tokens = installation.url, viewers.tokens
    # the user's first, so that the room knows the call that is running
    async with (
        signed_in(url, tokens["user"]) as user,
        signed_in(url, tokens["colleague"]) as colleague,
        signed_in(url, tokens["admin"]) as boss,
        signed_in(url, tokens["operator"]) as operator,
        signed_in(url, tokens["stranger"]) as stranger,
    ):
        browsers: dict[Viewer, Browser] = {
            "user": user,
            "colleague": colleague,
            "admin": boss,
            "operator": operator,
            "stranger": stranger,
        }
        for browser in browsers.values():
            await browser.send({"type": "watch", "device": company.phone.id})
        call = await company.phone.post_hits("ringing", call_id="frames", **fields)
        await installation.logged(admin, call, phase="ringing")
        await installation.post(f"/api/calls/{call}/comments", tokens["user"], {"text": text})

        async def watched() -> bool:
            await company.phone.hit("ringing", call_id="frames", **fields)
            return bool(boss.of_type("hit"))

        await until(watched, what="a hit for the administrator who watches")
        await user.expect("comment")
        async with signed_in(url, tokens["user"]) as late:
            ids = {each["id"] for each in late.frames[0]["calls"]}
            assert call in ids
        assert (await installation.ask("DELETE", f"/api/calls/{call}", admin)).status_code == 204
        await user.expect("trash")
        seen, before = user.last_seq, len(user.frames)
        # what happens to a deleted call and is said about it is sent to nobody
        path = f"/api/calls/{call}/comments"
        await installation.post(path, admin, {"text": f"{text} after that"})
        await company.phone.post_hits("connected", call_id="frames", **fields)
        last = await company.phone.post_hits("ringing", call_id="last", **fields)
        await user.expect_call(last)
        assert not [f for f in user.frames[before:] if call in str(f)], "of a deleted call"
        own = await company.phone.post_hits("ringing", call_id="own", extension="22", number=NUMBER)
        await colleague.expect_call(own)
        for kind in KINDS - ABOUT_NO_CALL:
            for viewer, browser in browsers.items():
                about = [f for f in browser.of_type(kind) if {call, running} & ids_in(f)]
                if kind == "welcome":
                    continue  # the call began after it; see `late` and the one below
                assert bool(about) == (viewer in SENT_TO[kind]), (kind, viewer)
        assert f"{text} after that" not in str([browser.frames for browser in browsers.values()])
        for viewer in browsers.keys() - {"user"}:
            async with signed_in(url, tokens[viewer]) as late:
                assert not {call, running, last} & {c["id"] for c in late.frames[0]["calls"]}
        async with signed_in(url, tokens["user"], seen) as again:
            assert call not in str(again.frames[0]), "a deleted call in the welcome"
            assert not [f for f in again.of_type("call") if f["call"]["id"] == call]
    await company.phone.post_hits("missed", call_id="last", **fields)
    await company.phone.post_hits("missed", call_id="running", **fields)


def ids_in(frame: Json) -> set[str]:
    """The ids of the calls that a frame is about."""
    if frame["type"] == "hit":
        return {event["call"] for event in frame["hit"]["events"]}
    call = frame.get("call", {}).get("id") or frame.get("comment", {}).get("call")
    return {call or frame.get("call_id", "")}
