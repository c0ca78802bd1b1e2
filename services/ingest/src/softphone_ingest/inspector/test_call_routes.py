"""The route of test calls, `/api/devices/{device}/test`."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.audit.security_log import SecurityLog
from softphone_common.http.auth import AdminCaller
from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import Tenants
from softphone_ingest.devices.device import public_base
from softphone_ingest.devices.store import DeviceStore
from softphone_ingest.inspector.test_calls import TestCalls

Extension = Annotated[str, Field(pattern=r"^[\w.@-]{1,64}$")]


class TestCallInput(BaseModel):
    """Where the test call rings."""

    model_config = ConfigDict(extra="forbid")
    __test__ = False

    extension: Extension | None = Field(
        None,
        description="The extension, unless the device has a fixed one; in the sender's own words,"
        " such as a SIP name",
    )


class TestCallOutput(BaseModel):
    """The call that was made. `call_id` is null if the device reads the request as no call."""

    __test__ = False

    call_id: str | None


class TestCallApi:
    """Test calls over HTTP, for administrators."""

    __test__ = False

    def __init__(
        self,
        calls: TestCalls,
        devices: DeviceStore,
        tenants: Tenants,
        security: SecurityLog,
        public_url: str,
    ) -> None:
        self._calls = calls
        self._devices = devices
        self._tenants = tenants
        self._security = security
        self._public_url = public_url
        self.router = APIRouter(prefix="/api/devices/{device}", tags=["devices"])
        self.router.add_api_route("/test", self.ring, methods=["POST"], status_code=202)

    async def ring(
        self, device: str, body: TestCallInput, request: Request, caller: AdminCaller
    ) -> TestCallOutput:
        """Makes a test call, which takes the way of a real one and ends as missed by itself.

        The request is the one this make of sender sends for an incoming call, with a number
        reserved for fiction. 422 names the field that cannot be read, as for the phone itself.
        `test-call-signed`: the requests of this device must be signed, which only the sender can.
        """
        tenant = self._tenants.require(caller.tenant)
        stored = await self._devices.require(caller.tenant, device)
        extension = stored.extension or body.extension
        if extension is None:
            raise ProblemError("test-call-extension", field="extension")
        client = request.client.host if request.client else ""
        public = public_base(request, self._public_url)
        call_id = await self._calls.ring(tenant, stored, extension, client, public)
        self._security.act("test-call-made", caller, f"device/{device}")
        return TestCallOutput(call_id=call_id)
