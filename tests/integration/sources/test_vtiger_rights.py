"""vtiger CRM is read with the rights and sessions of one user, and its errors are named."""

import io
from collections.abc import Callable, Iterator

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.service_log import service_log
from support.stack.source_site import RETRY_SECONDS, SourceSite
from support.vtiger.crm import KEY, VtigerCrm, settings

Answer = Callable[[Request], Response | None]


async def failure(site: SourceSite) -> tuple[str, str, dict[str, object]]:
    run = await site.latest()
    return run.state, run.code, run.params


async def test_modules_that_the_user_may_not_see_are_left_out(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    vtiger.visible = ["Contacts"]
    vtiger.add("Accounts", accountname="Huber GmbH")
    vtiger.add("Contacts", lastname="Huber", account_id="11x1")
    await site.store(settings(vtiger))
    await site.read()
    assert ((await site.latest()).state, await site.names()) == ("finished", ["Huber"])


@pytest.mark.parametrize("visible", [[], ["Products"]])
async def test_user_who_sees_no_module_is_named(
    site: SourceSite, vtiger: VtigerCrm, visible: list[str]
) -> None:
    vtiger.visible = visible
    await site.store(settings(vtiger))
    await site.read()
    modules = "Accounts, Contacts, Leads, Vendors"
    assert await failure(site) == ("failed", "source-modules-missing", {"modules": modules})


@pytest.mark.parametrize("is_listed", [True, False])
async def test_module_that_is_missing_later_removes_nothing(
    site: SourceSite, vtiger: VtigerCrm, is_listed: bool
) -> None:
    vtiger.add_contacts(40)
    vtiger.add("Vendors", vendorname="Papier AG")
    await site.store(settings(vtiger))
    await site.read()
    if is_listed:
        vtiger.unreadable.add("Vendors")
    else:
        vtiger.visible.remove("Vendors")
    await site.due()
    site.move(86_400)
    await site.read()
    assert await failure(site) == ("failed", "source-module-missing", {"module": "Vendors"})
    assert "Papier AG" in await site.names()


async def test_module_missing_after_changed_settings_removes_nothing(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    vtiger.add_contacts(40)
    vtiger.add("Vendors", vendorname="Papier AG")
    await site.store(settings(vtiger))
    await site.read()
    await site.due()
    await site.read()
    source = await site.sources.get("acme", "s")
    assert source is not None
    site.move(10)
    changed = source.model_copy(update={"changed_at": site.now, "read_at": None})
    assert await site.sources.change(changed) is not None
    vtiger.visible.remove("Vendors")
    await site.due()
    await site.read()
    assert await failure(site) == ("failed", "source-module-missing", {"module": "Vendors"})
    assert "Papier AG" in await site.names()


async def test_module_of_partners_has_to_be_there(site: SourceSite, vtiger: VtigerCrm) -> None:
    vtiger.add_contacts(3)
    await site.store(settings(vtiger, partner_module="Partners"))
    await site.read()
    assert await failure(site) == ("failed", "source-module-missing", {"module": "Partners"})
    assert await site.names() == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"secret": "another"}, "INVALID_USER_CREDENTIALS"),
        ({"credentials_name": "nobody"}, "ACCESS_DENIED"),
    ],
)
async def test_refused_login_is_named(
    site: SourceSite, vtiger: VtigerCrm, change: dict[str, str], reason: str
) -> None:
    await site.store(settings(vtiger, **change))
    await site.read()
    assert await failure(site) == ("failed", "source-login-refused", {"reason": reason})


async def test_session_that_ended_is_renewed(site: SourceSite, vtiger: VtigerCrm) -> None:
    vtiger.add_contacts(250)

    async def ends() -> None:
        vtiger.expire()

    site.fetches.before_page = ends
    await site.store(settings(vtiger))
    await site.read()
    assert ((await site.latest()).state, (await site.latest()).created) == ("finished", 250)
    assert vtiger.logins > 3


async def test_session_that_never_lasts_is_given_up(site: SourceSite, vtiger: VtigerCrm) -> None:
    def forgets(request: Request) -> None:
        if request.query_params.get("operation") in {"listtypes", "query", "describe"}:
            vtiger.expire()

    vtiger.answer = forgets
    await site.store(settings(vtiger))
    await site.read()
    params = {"operation": "listtypes", "reason": "INVALID_SESSIONID"}
    assert await failure(site) == ("fetching", "source-operation-refused", params)
    assert vtiger.logins == 2
    vtiger.answer = None
    site.move(RETRY_SECONDS + 1)
    vtiger.add_contacts(1)
    await site.read()
    assert (await site.latest()).state == "finished"


async def test_login_between_challenge_and_answer_is_survived(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    vtiger.add_contacts(1)
    logins = iter(range(2))

    def intrudes(request: Request) -> None:
        # another program of the same user logs in, whose token replaces ours
        if request.method == "POST" and next(logins, 1) == 0:
            vtiger._token = ""

    vtiger.answer = intrudes
    await site.store(settings(vtiger))
    await site.read()
    assert (await site.latest()).state == "finished"


@pytest.fixture
def log_text() -> Iterator[io.StringIO]:
    """All that a service logs, with the level DEBUG."""
    with service_log("DEBUG") as text:
        yield text


async def test_neither_key_nor_session_is_stored_or_logged(
    site: SourceSite, vtiger: VtigerCrm, log_text: io.StringIO
) -> None:
    sent = list[str]()

    def listens(request: Request) -> None:
        sent.append(str(request.url))

    vtiger.answer = listens
    vtiger.add_contacts(1)
    source = await site.store(settings(vtiger))
    await site.read()
    session = f"session1of{vtiger.port}"
    assert "source read" in log_text.getvalue()
    assert any(session in each for each in sent)
    run = (await site.stored()).model_dump_json()
    for each in (log_text.getvalue(), run, source.model_dump_json(), *sent):
        assert KEY not in each
    for each in (log_text.getvalue(), run):
        assert session not in each


def page_to_sign_in(_: Request) -> Response:
    return Response("<html>sign in</html>", media_type="text/html")


def other_json(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


def of_query(result: object) -> Answer:
    """Answers queries for contacts with this result."""

    def answer(request: Request) -> Response | None:
        if "* from Contacts" not in request.query_params.get("query", ""):
            return None
        return JSONResponse({"success": True, "result": result})

    return answer


def refused(code: object) -> Answer:
    """Refuses queries with this code."""

    def answer(request: Request) -> Response | None:
        if request.query_params.get("operation") != "query":
            return None
        return JSONResponse({"success": False, "error": {"code": code, "message": "secret"}})

    return answer


CONTACT = {"id": "12x5", "lastname": "Huber"}


def out_of_order(request: Request) -> Response | None:
    """Answers as a CRM that compares ids as numbers and sorts them as texts."""
    query = request.query_params.get("query", "")
    rows = [] if "id > " in query else [{**CONTACT, "id": "12x10"}, CONTACT]
    return of_query(rows)(request)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (page_to_sign_in, "source-not-json"),
        (other_json, "source-answer-unknown"),
        (of_query("text"), "source-answer-unknown"),
        (of_query([{"lastname": "Huber"}]), "source-answer-unknown"),
        (of_query([{"id": "5"}]), "source-answer-unknown"),
        (of_query([CONTACT]), "source-pages-endless"),
        (out_of_order, "source-pages-endless"),
        (refused("QUERY_SYNTAX_ERROR"), "source-operation-refused"),
        (refused("<script>"), "source-operation-refused"),
    ],
)
async def test_answer_that_is_none_of_vtiger_ends_the_run(
    site: SourceSite, vtiger: VtigerCrm, answer: Answer, code: str
) -> None:
    vtiger.answer = answer
    await site.store(settings(vtiger))
    await site.read()
    run = await site.stored()
    assert (run.state, run.code) == ("failed", code)
    assert "secret" not in run.model_dump_json()
    assert run.params.get("reason", "QUERY_SYNTAX_ERROR") in {
        "QUERY_SYNTAX_ERROR",
        "UNKNOWN_ERROR",
    }
    assert await site.names() == []


async def test_error_of_the_database_is_tried_again(site: SourceSite, vtiger: VtigerCrm) -> None:
    vtiger.add_contacts(1)
    vtiger.answer = refused("DATABASE_QUERY_ERROR")
    await site.store(settings(vtiger))
    await site.read()
    assert (await site.latest()).state == "fetching"
    vtiger.answer = None
    site.move(RETRY_SECONDS + 1)
    await site.read()
    assert (await site.latest()).state == "finished"
