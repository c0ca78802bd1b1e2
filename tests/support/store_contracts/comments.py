"""The behaviour of a CommentStore, tested on MongoDB and in memory alike."""

from datetime import timedelta

from softphone_calllog.comments import CallComments, CommentStore
from softphone_common.contracts.entities import Comment, CommentVersion
from softphone_common.domain.records.visibility import Viewer
from support.observations import at

BOSS = Viewer(sees_all=True)


class CommentStoreContract:
    """Needs a fixture `comments` with an empty store."""

    @staticmethod
    def comment(number: int, *, call: str = "c1", record: str | None = None) -> Comment:
        # two of three are of one moment: their ids decide
        moment = at(0) + timedelta(minutes=number // 2)
        return Comment(
            id=f"k{number}", call=call, text=f"no {number}", author="anna", at=moment, record=record
        )

    async def test_comments_of_calls_are_oldest_first(self, comments: CommentStore) -> None:
        first, second, third = (self.comment(number) for number in range(3))
        elsewhere = self.comment(3, call="c2", record="r1")
        for comment in (third, elsewhere, second, first):
            await comments.add("acme", comment)
        assert await comments.of_calls("acme", ["c2", "c1", "c3"], 9, BOSS) == {
            "c1": CallComments(3, (first, second, third)),
            "c2": CallComments(1, (elsewhere,)),
        }
        assert await comments.of_calls("acme", [], 9, BOSS) == {}
        assert await comments.of_calls("other", ["c1"], 9, BOSS) == {}

    async def test_comments_of_calls_are_the_newest_few(self, comments: CommentStore) -> None:
        saved = [self.comment(number) for number in range(5)]
        for comment in saved:
            await comments.add("acme", comment)
        assert await comments.of_calls("acme", ["c1"], 2, BOSS) == {
            "c1": CallComments(5, tuple(saved[3:]))
        }
        assert [await comments.count("acme", "c1", limit) for limit in (3, 9)] == [3, 5]
        assert await comments.count("other", "c1", 9) == 0

    async def test_comments_of_a_call_are_paged(self, comments: CommentStore) -> None:
        saved = [self.comment(number) for number in range(5)]
        for comment in (*saved, self.comment(7, call="c2")):
            await comments.add("acme", comment)
        first = await comments.page("acme", "c1", None, 3, BOSS)
        assert first.items == saved[:1:-1]
        second = await comments.page("acme", "c1", first.next, 3, BOSS)
        assert (second.items, second.next) == (saved[1::-1], None)
        assert (await comments.page("other", "c1", None, 3, BOSS)).items == []

    async def test_comments_of_a_record_are_newest_first(self, comments: CommentStore) -> None:
        of_record = [self.comment(number, call=f"c{number}", record="r1") for number in range(3)]
        for comment in (*of_record, self.comment(9, record="r2"), self.comment(8)):
            await comments.add("acme", comment)
        assert await comments.of_record("acme", "r1", 2, BOSS) == [of_record[2], of_record[1]]
        assert await comments.of_record("other", "r1", 2, BOSS) == []

    async def test_comment_names_its_record_to_those_who_see_it(
        self, comments: CommentStore
    ) -> None:
        anna, bert = Viewer("anna"), Viewer("bert")
        saved, open_ = self.comment(0, record="r1"), self.comment(2, record="r2")
        await comments.add("acme", saved, ("owner:anna",))
        await comments.add("acme", open_)

        async def read(viewer: Viewer) -> list[list[str | None]]:
            found = (await comments.of_calls("acme", ["c1"], 9, viewer))["c1"].newest
            page = await comments.page("acme", "c1", None, 9, viewer)
            return [[each.record for each in found], [each.record for each in page.items]]

        async def listed(record: str) -> list[bool]:
            viewers = anna, bert, Viewer()
            return [bool(await comments.of_record("acme", record, 9, who)) for who in viewers]

        assert await read(anna) == await read(BOSS) == [["r1", "r2"], ["r2", "r1"]]
        assert await read(bert) == await read(Viewer()) == [[None, "r2"], ["r2", None]]
        assert (await listed("r1"), await listed("r2")) == ([True, False, False], [True] * 3)
        await comments.share("acme", "r1", ("owner:bert",), at(50))
        await comments.share("acme", "r1", ("everyone",), at(40))
        await comments.share("other", "r1", ("everyone",), at(60))
        assert await listed("r1") == [False, True, False]
        await comments.share("acme", "r1", (), at(60))
        assert await listed("r1") == [False] * 3
        assert await comments.of_record("acme", "r1", 9, BOSS) == [saved]
        await comments.share("acme", "r1", ("everyone",), at(70))
        assert await listed("r1") == [True] * 3

    async def test_comments_of_a_merged_record_move(self, comments: CommentStore) -> None:
        early, later = self.comment(0, record="r1"), self.comment(9, record="r1")
        theirs = self.comment(2, record="r1").model_copy(update={"id": "theirs"})
        await comments.add("acme", early, ("owner:anna",))
        await comments.add("acme", later)
        await comments.add("other", theirs)
        for _ in range(2):
            await comments.move("acme", "r1", "r2", ("owner:bert",), later.at)
            moved = early.model_copy(update={"record": "r2"})
            assert await comments.of_record("acme", "r2", 9, BOSS) == [moved]
            assert await comments.of_record("acme", "r2", 9, Viewer("bert")) == [moved]
            assert await comments.of_record("acme", "r2", 9, Viewer("anna")) == []
            assert await comments.of_record("acme", "r1", 9, BOSS) == [later]
        assert await comments.of_record("other", "r1", 9, BOSS) == [theirs]
        await comments.share("acme", "r2", ("everyone",), early.at)
        assert await comments.of_record("acme", "r2", 9, Viewer("anna")) == []

    async def test_changed_comment_keeps_its_versions(self, comments: CommentStore) -> None:
        saved = self.comment(0, record="r1")
        await comments.add("acme", saved, ("owner:anna",))
        assert await comments.versions("acme", saved.id) == []
        first = saved.model_copy(update={"text": "a", "edited_at": at(5), "edited_by": "boss"})
        moved = {"text": "b", "record": "r9", "edited_at": at(6), "edited_by": "anna"}
        assert await comments.replace("acme", saved, first, None)
        assert not await comments.replace("acme", saved, first, None), "read before the change"
        assert not await comments.replace("other", first, saved, None)
        assert await comments.of_record("acme", "r1", 9, Viewer()) == []
        await comments.share("acme", "r1", (), at(90))
        second = first.model_copy(update=moved)
        assert await comments.replace("acme", first, second, ("everyone",))
        assert await comments.of_record("acme", "r9", 9, Viewer()) == [second]
        await comments.share("acme", "r9", (), at(50))  # earlier than the one of the other record
        assert await comments.of_record("acme", "r9", 9, Viewer()) == []
        assert await comments.get("acme", saved.id) == second
        assert await comments.get("other", saved.id) is None
        assert await comments.versions("acme", saved.id) == [
            CommentVersion(text=saved.text, record="r1", at=saved.at, by="anna"),
            CommentVersion(text="a", record="r1", at=at(5), by="boss"),
        ]
        assert await comments.versions("other", saved.id) == []

    async def test_deleted_comment_is_in_the_bin_alone(self, comments: CommentStore) -> None:
        first, second, third = (self.comment(number, record="r1") for number in range(3))
        for comment in (first, second, third):
            await comments.add("acme", comment)
        assert await comments.remove("other", first.id, "boss", at(7)) is None
        removed = await comments.remove("acme", first.id, "boss", at(7))
        assert removed == first.model_copy(update={"deleted_at": at(7), "deleted_by": "boss"})
        assert await comments.remove("acme", first.id, "anna", at(8)) is None
        await comments.remove("acme", second.id, "boss", at(9))
        assert await comments.get("acme", first.id) is None
        assert await comments.get("acme", first.id, deleted=True) == removed
        assert not await comments.replace("acme", first, first, None)
        assert await comments.versions("acme", first.id) == []
        assert (await comments.of_calls("acme", ["c1"], 9, BOSS))["c1"].newest == (third,)
        assert await comments.count("acme", "c1", 9) == 1
        assert (await comments.page("acme", "c1", None, 9, BOSS)).items == [third]
        assert await comments.of_record("acme", "r1", 9, BOSS) == [third]
        newest = await comments.list_deleted("acme", None, 1)
        rest = await comments.list_deleted("acme", newest.next, 1)
        assert [each.id for each in (*newest.items, *rest.items)] == [second.id, first.id]
        assert rest.next is None
        assert (await comments.list_deleted("other", None, 9)).items == []
        assert await comments.restore("other", first.id) is None
        assert await comments.restore("acme", first.id) == first
        assert await comments.restore("acme", first.id) is None
        assert await comments.get("acme", first.id) == first
