"""`POST /api/directory/records/{record}/merge`: one record of two."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.http.auth import AnyCaller
from softphone_common.http.entity_tags import etag, expected_version
from softphone_matcher.directory.record import Record
from softphone_matcher.merging.merger import Merger, Wish

Choice = Literal["type", "name", "organization", "address", "url", "owner", "team", "inactive"]
IfMatch = Annotated[
    str | None,
    Header(
        description="The ETag of the record that stays; the merge is refused with `record-changed`"
        " if somebody else has changed it since."
    ),
]


class MergeInput(BaseModel):
    """The record that becomes part of another one."""

    model_config = ConfigDict(extra="forbid")

    other: str = Field(min_length=1, max_length=64, description="Id of the record to be put away")
    other_version: int | None = Field(
        None, ge=1, description="Its version, which is checked like `If-Match`"
    )
    take: list[Choice] = Field(
        default_factory=list,
        max_length=20,
        description="Fields whose value is that of the other record where both have one. `owner`"
        " and `team` are chosen only while everyone sees both records",
    )


class DroppedValue(BaseModel):
    """A value that the record does not have after the merge, as it has another one."""

    field: str
    value: str


class MergeResult(BaseModel):
    """The record after the merge."""

    record: Record
    dropped: list[DroppedValue] = Field(
        description="Values of one of both that the record does not have now. The other record"
        " keeps its own ones in the recycle bin"
    )


class MergeApi:
    """Merges over HTTP, by all users who may change both records."""

    def __init__(self, merger: Merger) -> None:
        self._merger = merger
        self.router = APIRouter(prefix="/api/directory", tags=["directory"])
        self.router.add_api_route("/records/{record}/merge", self.merge_record, methods=["POST"])

    async def merge_record(
        self,
        record: str,
        merge: MergeInput,
        caller: AnyCaller,
        response: Response,
        if_match: IfMatch = None,
    ) -> MergeResult:
        """Makes one record of two. The record in the path stays, with its id.

        It gets the numbers, e-mail addresses, tags and the note of the other one, and each value
        that it lacks; where both have a value, its own one stays unless `take` names the field.
        Calls, comments and picks of the other record become its own. The other record goes to the
        recycle bin, and its id leads to the record that stays. Applications that send the other
        record change this one from then on: what they change there is changed here, and nothing
        that was decided with the merge is undone.

        Only those see the record who saw both. A user who may not restrict one of them in this way
        is refused (403, `role-required`). A merge can be repeated.
        """
        version = expected_version(if_match, "record-changed")
        wish = Wish(record, merge.other, merge.take, version, merge.other_version)
        merged, dropped = await self._merger.merge(caller, wish)
        response.headers["ETag"] = etag(merged.version)
        return MergeResult(
            record=merged, dropped=[DroppedValue(field=d.field, value=d.value) for d in dropped]
        )
