"""The routes `/api/dial` for clicks and `/api/dial/link` for the link a user dials with."""

from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.contracts.dial_link import CheckedDialLink, CheckedLink, DialLink
from softphone_common.http.auth import AnyCaller, Caller
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.stores.tenants import Tenants
from softphone_ingest.click_to_call.dialler import KEY_HEADER, Click, Dialler
from softphone_ingest.click_to_call.links import DialLinks
from softphone_ingest.tenants.activation import require_active
from softphone_ingest.tenants.dial_targets import DialTargets

Key = Annotated[
    str | None,
    Header(
        alias=KEY_HEADER,
        min_length=1,
        max_length=255,
        pattern="^[ -~]+$",  # printable ASCII
        description="A unique text for each click. A request that is sent again with the same"
        " key begins no second call and returns the call and link of the first.",
    ),
]


class DialRequest(BaseModel):
    """A click on a number. Without `extension` the call is made from the caller's first one."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=128)
    extension: str | None = Field(None, max_length=64)


class Dialled(BaseModel):
    """The call that the click began, and the link that hands the number to the softphone."""

    call_id: str
    link: str
    ext_by_hand: str = Field(
        "",
        description="The extension to dial by hand after the answer, if the link has no place"
        " for it: a link other than tel: without `{ext}`",
    )


class DialLinkInput(CheckedDialLink):
    """A link with one `{number}` in it, such as `tel:{number}` or `sip:{number}@pbx.example.com`.

    The extension behind a number stands for `{ext}`, as in `https://pbx/?n={number}&dtmf={ext}`.
    """

    model_config = ConfigDict(extra="forbid")

    link: CheckedLink


class DialApi:
    """Clicks and users' dial links over HTTP."""

    def __init__(
        self,
        dialler: Dialler,
        links: DialLinks,
        targets: DialTargets,
        tenants: Tenants,
        clock: Clock,
    ) -> None:
        self._dialler = dialler
        self._links = links
        self._targets = targets
        self._tenants = tenants
        self._clock = clock
        self.router = APIRouter(prefix="/api/dial", tags=["dial"])
        add = self.router.add_api_route
        # clients of earlier versions get the two fields they know, unless there is an extension
        add(
            "",
            self.dial,
            methods=["POST"],
            status_code=201,
            response_model_exclude_defaults=True,
        )
        add("/link", self.show_link, methods=["GET"])
        add("/link", self.put_link, methods=["PUT"])
        add("/link", self.remove_link, methods=["DELETE"], status_code=204)

    async def dial(self, request: DialRequest, caller: AnyCaller, key: Key = None) -> Dialled:
        """Begins a call from one of the caller's extensions, and returns the link to open.

        Administrators may dial from every extension of their tenant.
        """
        tenant = self._tenants.require(caller.tenant)
        require_active(tenant, self._clock())
        click = Click(caller.user, _extension(request, caller), request.number, key)
        call_id, link, by_hand = await self._dialler.dial(tenant, click)
        return Dialled(call_id=call_id, link=link, ext_by_hand=by_hand)

    async def show_link(self, caller: AnyCaller) -> DialLink | None:
        """Returns the caller's own link, which is used instead of those of device and tenant.

        `null` if the caller has none.
        """
        return await self._links.get(caller.tenant, caller.user)

    async def put_link(self, link: DialLinkInput, caller: AnyCaller) -> DialLink:
        """Stores the link that the caller dials with from now on."""
        self._targets.require(link.link, "link")
        await self._links.put(caller.tenant, caller.user, link)
        return link

    async def remove_link(self, caller: AnyCaller) -> None:
        """Deletes the caller's link; the link of the device or the tenant is used again."""
        if not await self._links.remove(caller.tenant, caller.user):
            raise ProblemError("dial-link-unknown")


def _extension(request: DialRequest, caller: Caller) -> str:
    if request.extension is None:
        if not caller.extensions:
            raise ProblemError("extension-missing", field="extension")
        return caller.extensions[0]
    if request.extension not in caller.extensions and not caller.may("admin"):
        raise ProblemError("extension-refused")
    return request.extension
