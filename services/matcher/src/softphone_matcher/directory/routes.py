"""The routes of the directory: `/api/directory/records` and its recycle bin."""

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.access.viewers import viewer_of
from softphone_common.audit.security_log import SecurityLog
from softphone_common.domain.matching import RecordType, number_keys
from softphone_common.http.auth import AdminCaller, AnyCaller
from softphone_common.http.entity_tags import etag, expected_version
from softphone_common.http.paging import Page
from softphone_common.search.terms import terms_of
from softphone_common.stores.keyset import text_position, time_position
from softphone_matcher.directory.editing import Editing
from softphone_matcher.directory.input import RecordChanges, RecordInput
from softphone_matcher.directory.listing import Filter
from softphone_matcher.directory.record import Record, RecordDetails, details_of, id_in_source
from softphone_matcher.directory.store import Directory
from softphone_matcher.settings import MatcherSettings

R = TypeVar("R", bound=Record)


class RecordQuery(BaseModel):
    """Which records are listed; all conditions have to hold."""

    model_config = ConfigDict(extra="forbid")

    q: str | None = Field(
        None,
        max_length=128,
        description="Only records with all these words and numbers: beginnings of at least 2"
        " letters of words in names, organisations and e-mail addresses, without regard to accents"
        " (`muller` finds Müller), and parts of at least 3 digits of a number in any spelling",
    )
    number: str | None = Field(
        None, max_length=128, description="Only records with this number, in any spelling"
    )
    type: RecordType | None = Field(None, description="Only records of this type")
    tag: str | None = Field(None, max_length=50, description="Only records with this tag")
    source: str | None = Field(None, max_length=50, description="Only records of this source")
    owner: str | None = Field(None, max_length=200, description="Only records of this owner")
    inactive: bool = Field(False, description="Also inactive records")
    cursor: str | None = Field(
        None, max_length=2000, description="`next` of the page before; empty for the first"
    )
    limit: int = Field(50, ge=1, description="Records of a page; the installation has a maximum")


Strict = Annotated[
    bool,
    Query(
        description="Whether to refuse a record with a number that finds nobody. The answer is then"
        " 422, and `errors` names each of these numbers with its reason. Without it the record is"
        " saved, and `why` of the number says the reason."
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        description="The ETag of the record the change is based on; it is refused with"
        " `record-changed` if somebody else has changed the record since."
    ),
]
Cursor = Annotated[str | None, Query(max_length=2000, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, description="Records of a page")]


class DirectoryApi:
    """The directory over HTTP. All users of a tenant read it, add to it and change it, but for
    records that they may not see; its administrators see all and also delete."""

    def __init__(
        self,
        directory: Directory,
        editing: Editing,
        security: SecurityLog,
        settings: MatcherSettings,
    ) -> None:
        self._directory = directory
        self._editing = editing
        self._security = security
        self._settings = settings
        self.router = APIRouter(prefix="/api/directory", tags=["directory"])
        add = self.router.add_api_route
        add("/records", self.list_records, methods=["GET"])
        add("/records", self.add_record, methods=["POST"], status_code=201)
        add("/records/{record}", self.show_record, methods=["GET"])
        add("/records/{record}", self.edit_record, methods=["PATCH"])
        add("/records/{record}", self.remove_record, methods=["DELETE"], status_code=204)
        add("/records", self.remove_sent_record, methods=["DELETE"], status_code=204)
        add("/recycle-bin", self.list_deleted, methods=["GET"])
        add("/recycle-bin/{record}/restore", self.restore_record, methods=["POST"])

    async def list_records(
        self, query: Annotated[RecordQuery, Query()], caller: AnyCaller
    ) -> Page[Record]:
        """Lists the records that the caller may see by name, without regard to case."""
        key = None
        if query.number is not None:
            # a number that can't be read is the key of no record, so the page is empty
            key = number_keys(query.number, self._editing.profile(caller.tenant)).e164 or ""
        filter_ = Filter(
            tenant=caller.tenant,
            typed=terms_of(query.q),
            type=query.type,
            tag=query.tag,
            source=query.source,
            owner=query.owner,
            key=key,
            inactive=query.inactive,
            sights=viewer_of(caller).sights,
        )
        size = min(query.limit, self._settings.page_max)
        page = await self._directory.list_records(filter_, text_position(query.cursor), size)
        return Page(items=page.items, next=page.cursor)

    async def add_record(
        self, record: RecordInput, caller: AnyCaller, response: Response, strict: Strict = False
    ) -> Record:
        """Adds a record. Running calls and the latest calls of its numbers follow.

        The answer says of each number by which keys it is found, or why by none. A `url` is set by
        administrators only, since it opens by itself at the desks of all who chose that.

        With `visible_to` users restrict a record to themselves as its `owner`, or to one of their
        own teams as its `team`; any other restriction is refused (403, `role-required`).
        """
        self._editing.check(caller.tenant, record.numbers, strict=strict)
        return _tagged(await self._editing.add(caller, record.model_dump()), response)

    async def show_record(
        self, record: str, caller: AnyCaller, response: Response
    ) -> RecordDetails:
        """Shows one record with its numbers, and by which keys each of them is found.

        If three or more numbers of a company are direct lines of one exchange, the number of the
        exchange is proposed.

        A record that the caller may not see is answered like one that does not exist. For the id of
        a record that was merged into another one, the other one is shown.
        """
        shown = await self._editing.get(caller, record)
        return _tagged(details_of(shown, self._editing.profile(caller.tenant)), response)

    async def edit_record(
        self,
        record: str,
        changes: RecordChanges,
        caller: AnyCaller,
        response: Response,
        strict: Strict = False,
        if_match: IfMatch = None,
    ) -> Record:
        """Changes the fields that are sent, and leaves all others as they are.

        A record of a source gets the fields of the source again when it is changed there.

        Who sees a record is decided by its owner and by administrators, and by everybody while it
        has no owner and everyone sees it. Others change neither `visible_to` nor `owner`, nor the
        `team` of a restricted record. Users restrict records as in `POST`.
        """
        version = expected_version(if_match, "record-changed")
        self._editing.check(caller.tenant, changes.numbers, strict=strict)
        fields: dict[str, Any] = changes.model_dump(include=changes.model_fields_set)
        return _tagged(await self._editing.edit(caller, record, fields, version), response)

    async def remove_record(self, record: str, caller: AdminCaller) -> None:
        """Moves a record to the recycle bin. Older calls keep showing its name."""
        await self._editing.remove(caller, record)
        self._security.act("record-removed", caller, f"record/{record}")

    async def remove_sent_record(
        self,
        source: Annotated[str, Query(min_length=1, max_length=50)],
        host_id: Annotated[
            str,
            Query(min_length=1, max_length=200, description="The id of the record in its source"),
        ],
        caller: AdminCaller,
    ) -> None:
        """Moves the record that an application calls `host_id` to the recycle bin. A record that
        is sent again comes back.

        A merged record stays there while it has other rows of applications, or if it was not an
        application that added it.
        """
        record = id_in_source(caller.tenant, source, host_id)
        await self._editing.remove_row(caller, record)
        self._security.act("record-removed", caller, f"record/{record}")

    async def list_deleted(
        self, caller: AdminCaller, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[Record]:
        """Lists the records in the recycle bin, those deleted last first."""
        size = min(limit, self._settings.page_max)
        page = await self._directory.list_deleted(caller.tenant, time_position(cursor), size)
        return Page(items=page.items, next=page.cursor)

    async def restore_record(self, record: str, caller: AdminCaller) -> Record:
        """Takes a record out of the recycle bin.

        One that was merged is a record of its own again, as it was before, and its application
        changes it. The record that it was merged into keeps what it has got, and also the calls and
        comments.
        """
        restored = await self._editing.restore(caller, record)
        self._security.act("record-restored", caller, f"record/{record}")
        return restored


def _tagged(record: R, response: Response) -> R:
    response.headers["ETag"] = etag(record.version)
    return record
