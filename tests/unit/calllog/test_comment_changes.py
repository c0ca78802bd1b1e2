"""Comments are changed and deleted by their authors and administrators, and nothing is lost."""

from typing import Any

import pytest

from softphone_calllog.history.comment_changes import (
    VERSIONS_MAX,
    CommentChangesApi,
    CommentChangesInput,
)
from softphone_calllog.history.readable_calls import ReadableCalls
from softphone_calllog.search.filter import CallFilter
from softphone_calllog.settings import CalllogSettings
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Comment, Role
from softphone_common.contracts.events import CommentSaved
from softphone_common.domain.matching import Match
from softphone_common.domain.records.visibility import Viewer
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.search.terms import terms_of
from softphone_testing.memory.calls import MemoryCallStore, MemoryCommentStore
from softphone_testing.until import until
from support.bus.buses import bus_settings, memory_bus, running
from support.observations import at
from support.store_contracts.call_search import guest
from support.store_contracts.calls import fact, matched
from support.write_limits import rate_limiter

SETTINGS = CalllogSettings(
    **bus_settings("amqp://memory").model_dump(), comments_rate=1000, comments_max=2
)
CONTACT = Match("r1", "contact", "Huber, Maria", "exact", "number")
OF_BOSS = Match("r2", "contact", "Chefsache", "exact", "number", visible_to="admins")
SAVED = Comment(id="k1", call="c1", text="Rückruf dienstags", author="anna", at=at(5), record="r1")


def person(login: str, role: Role = "user", extension: str = "21") -> Caller:
    return Caller(
        user=f"id-{login}",
        tenant="acme",
        login=login,
        role=role,
        extensions=(extension,),
        expires_at=at(3600),
    )


ANNA, BERT, CARL, BOSS = (
    person("anna"),
    person("bert"),
    person("carl", extension="22"),
    person("boss", "admin"),
)


class Desk:
    """The routes of changes over a call with one comment, and what browsers are sent."""

    def __init__(self) -> None:
        self.calls, self.comments = MemoryCallStore(), MemoryCommentStore()
        self.broker = MemoryBroker()
        self.bus = memory_bus(self.broker, "calllog")
        self.browser = memory_bus(self.broker, "notifier")
        self.sent: list[CommentSaved] = []
        self.browser.subscribe(CommentSaved, self.on_comment_saved, on_reconnect=lambda: None)
        readable = ReadableCalls(self.calls, SETTINGS.page_max)
        security = SecurityLog(self.bus, lambda: at(9), SETTINGS)
        more = (security, rate_limiter(), self.bus, lambda: at(9), SETTINGS)
        self.api = CommentChangesApi(self.calls, readable, self.comments, *more)

    async def on_comment_saved(self, message: CommentSaved) -> None:
        self.sent.append(message)

    async def edit(self, caller: Caller, comment: str = "k1", **fields: Any) -> Comment:
        changes = CommentChangesInput.model_validate(fields)
        return await self.api.edit_comment("c1", comment, changes, caller)

    async def is_found_by(self, text: str) -> bool:
        filter_ = CallFilter("acme", terms=tuple(terms_of(text)))
        return bool((await self.calls.list_calls(filter_, None, 9)).items)


@pytest.fixture
async def desk() -> Any:
    desk = Desk()
    await desk.calls.add([fact("missed", 0), matched(1, CONTACT, OF_BOSS)])
    await desk.calls.add([fact("missed", 0, call="c2", extension="22")])
    await desk.calls.add_comment_keys("acme", "c1", SAVED.text)
    await desk.comments.add("acme", SAVED)
    async with running(desk.bus, desk.browser):
        yield desk


async def refused(attempt: Any) -> str:
    with pytest.raises(ProblemError) as error:
        await attempt
    return error.value.code


async def test_changed_text_is_found_and_the_earlier_is_kept(desk: Desk) -> None:
    changed = await desk.edit(ANNA, text="Rückruf freitags")
    assert (changed.text, changed.edited_by, changed.edited_at) == (
        "Rückruf freitags",
        "anna",
        at(9),
    )
    assert (changed.at, changed.author, changed.record) == (SAVED.at, "anna", "r1")
    assert await desk.is_found_by("freitags")
    assert await desk.is_found_by("Rückruf")
    assert not await desk.is_found_by("dienstags")
    (version,) = (await desk.api.list_versions("c1", "k1", BERT)).items
    assert (version.text, version.by, version.at) == (SAVED.text, "anna", SAVED.at)
    await until(lambda: [each.comment for each in desk.sent] == [changed], what="the change")


async def test_comment_is_changed_by_its_author_and_administrators(desk: Desk) -> None:
    assert await refused(desk.edit(BERT, text="x")) == "comment-of-another"
    assert await refused(desk.api.delete_comment("c1", "k1", BERT)) == "comment-of-another"
    assert await refused(desk.edit(CARL, text="x")) == "call-unknown"
    assert (await desk.edit(BOSS, text="x")).edited_by == "boss"
    assert await refused(desk.edit(ANNA, "k9", text="x")) == "comment-unknown"
    changes = CommentChangesInput(text="x")
    of_another_call = desk.api.edit_comment("c2", "k1", changes, BOSS)
    assert await refused(of_another_call) == "comment-unknown"


async def test_comment_moves_to_records_that_its_author_sees(desk: Desk) -> None:
    assert await refused(desk.edit(ANNA, record="r2")) == "record-not-matched"
    moved = await desk.edit(BOSS, record="r2")
    assert await refused(desk.edit(ANNA, record="r2")) == "record-not-matched", "no hint"
    assert moved.record == "r2"
    assert (await desk.edit(ANNA, text="still mine")).record is None
    versions = (await desk.api.list_versions("c1", "k1", ANNA)).items
    assert [version.record for version in versions] == ["r1", None]
    await until(lambda: len(desk.sent) == 2, what="both changes")
    assert {each.sights for each in desk.sent} == {()}
    assert (await desk.edit(ANNA, record=None)).record is None
    of_record = await desk.comments.of_record("acme", "r2", 9, Viewer(sees_all=True))
    assert [each.text for each in of_record] == ["still mine"], "whom she does not see stays"


async def test_equal_text_is_no_change(desk: Desk) -> None:
    assert await desk.edit(ANNA, text=SAVED.text) == SAVED
    assert await desk.edit(ANNA) == SAVED
    assert (await desk.api.list_versions("c1", "k1", ANNA)).items == []


async def test_comment_has_a_limit_of_versions_and_length(desk: Desk) -> None:
    for number in range(VERSIONS_MAX):
        await desk.edit(ANNA, text=f"no {number}")
    assert await refused(desk.edit(ANNA, text="once more")) == "comment-versions-full"
    too_long = "x" * (SETTINGS.comment_max + 1)
    assert await refused(desk.edit(ANNA, text=too_long)) == "text-too-long"


async def test_deleted_comment_waits_in_the_bin(desk: Desk) -> None:
    await desk.api.delete_comment("c1", "k1", ANNA)
    assert not await desk.is_found_by("dienstags")
    assert await refused(desk.edit(ANNA, text="x")) == "comment-unknown"
    assert await refused(desk.api.delete_comment("c1", "k1", ANNA)) == "comment-unknown"
    (deleted,) = (await desk.api.list_deleted_comments(BOSS)).items
    assert (deleted.text, deleted.deleted_by) == (SAVED.text, "anna")
    await until(lambda: len(desk.sent) == 1, what="the deletion")
    assert (desk.sent[0].comment.text, desk.sent[0].comment.deleted_at) == ("", at(9))
    assert await desk.api.restore_comment("k1", BOSS) == SAVED
    assert await desk.is_found_by("dienstags")
    assert await refused(desk.api.restore_comment("k1", BOSS)) == "deleted-comment-unknown"
    assert (await desk.api.list_deleted_comments(BOSS)).items == []


async def test_full_call_takes_no_comment_out_of_the_bin(desk: Desk) -> None:
    await desk.api.delete_comment("c1", "k1", ANNA)
    for number in range(SETTINGS.comments_max):
        more = SAVED.model_copy(update={"id": f"m{number}"})
        await desk.comments.add("acme", more)
    assert await refused(desk.api.restore_comment("k1", BOSS)) == "comments-full"


async def test_change_in_a_deleted_call_is_sent_to_nobody(desk: Desk) -> None:
    await desk.calls.delete("acme", "c1", "boss", at(8))
    await desk.edit(BOSS, text="x")
    await desk.api.delete_comment("c1", "k1", BOSS)
    other = SAVED.model_copy(update={"id": "k2", "call": "c2", "author": "carl"})
    await desk.comments.add("acme", other)
    await desk.api.delete_comment("c2", "k2", CARL)
    await until(lambda: desk.sent, what="the deletion in the other call")
    assert [each.comment.call for each in desk.sent] == ["c2"]


async def test_guest_of_a_call_reaches_no_earlier_comment(desk: Desk) -> None:
    await desk.calls.add([guest("connected", 6, "23", "c1")])
    joined = person("anna", extension="23")
    assert await refused(desk.api.list_versions("c1", "k1", joined)) == "comment-unknown"
    changes = CommentChangesInput(text="x")
    assert await refused(desk.api.edit_comment("c1", "k1", changes, joined)) == "comment-unknown"
    assert await refused(desk.api.delete_comment("c1", "k1", joined)) == "comment-unknown"
    later = SAVED.model_copy(update={"id": "k2", "at": at(7)})
    await desk.comments.add("acme", later)
    changed = await desk.api.edit_comment("c1", "k2", changes, joined)
    assert (changed.text, changed.record) == ("x", None), "a guest sees none of the records"


async def test_guest_is_sent_no_earlier_comment(desk: Desk) -> None:
    await desk.calls.add([guest("connected", 6, "23", "c1")])
    await desk.comments.add("acme", SAVED.model_copy(update={"id": "k2", "at": at(7)}))
    await desk.edit(ANNA, text="changed")
    await desk.api.delete_comment("c1", "k1", ANNA)
    await desk.api.restore_comment("k1", BOSS)
    await desk.edit(ANNA, "k2", text="changed")
    await until(lambda: len(desk.sent) == 4, what="all changes")
    earlier, later = ("21",), ("21", "23")
    assert [each.extensions for each in desk.sent] == [earlier, earlier, earlier, later]
