"""Status callbacks signed by Twilio's own library."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from twilio.request_validator import RequestValidator

from support.stack.installation import Installation
from support.stack.sender import E164, logged, sender
from support.tenant.company import Company

AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
CALLED = "+498999998077"


class Twilio:
    """A Twilio account that reports the states of one call to a device's address."""

    def __init__(self, client: httpx.AsyncClient, address: str, direction: str) -> None:
        self._client = client
        self._address = address
        parties = {"From": E164, "To": CALLED}
        if direction != "inbound":
            parties = {"From": CALLED, "To": E164}
        self.call = {"CallSid": f"CA{uuid4().hex}", "Direction": direction, **parties}

    async def reports(
        self, status: str, token: str = AUTH_TOKEN, signed: str = "", host: str = "", **more: str
    ) -> httpx.Response:
        """Posts a status; `signed` and `host` replace the server's address as Twilio knows it."""
        form: Mapping[str, str] = {**self.call, "CallStatus": status, **more}
        address = httpx.URL(self._address)
        known = f"http://{signed}{address.raw_path.decode()}" if signed else self._address
        signature = RequestValidator(token).compute_signature(known, form)
        headers = {"X-Twilio-Signature": signature, **({"Host": host} if host else {})}
        return await self._client.post(address, data=form, headers=headers)


async def twilio(
    installation: Installation, company: Company, direction: str = "inbound", query: str = "?ext=21"
) -> Twilio:
    device = await sender(installation, company, "twilio", secret=AUTH_TOKEN)
    address = f"{installation.url}/hit/{device.key}{query}"
    return Twilio(installation.client, address, direction)


@pytest.mark.parametrize(
    ("direction", "logged_as"), [("inbound", "inbound"), ("outbound-api", "outbound")]
)
async def test_an_answered_call(
    installation: Installation, company: Company, direction: str, logged_as: str
) -> None:
    account = await twilio(installation, company, direction)
    for status in ("ringing", "in-progress"):
        answer = await account.reports(status)
        assert answer.text.endswith("<Response/>"), answer.text
    installation.clock.move(timedelta(seconds=37))
    assert (await account.reports("completed", CallDuration="37")).is_success
    expected = {"phase": "ended", "outcome": "answered", "direction": logged_as}
    (call,) = await logged(
        installation, company, {**expected, "legs": {"21": "ended"}, "talk_seconds": 37}
    )
    assert call["remote"]["e164"] == E164


@pytest.mark.parametrize("status", ["busy", "no-answer", "canceled", "failed"])
async def test_a_missed_call(installation: Installation, company: Company, status: str) -> None:
    account = await twilio(installation, company)
    assert (await account.reports("ringing")).is_success
    assert (await account.reports(status)).is_success
    await logged(installation, company, {"phase": "missed", "legs": {"21": "missed"}})


async def test_a_name_with_signs_and_umlauts_is_signed_as_well(
    installation: Installation, company: Company
) -> None:
    account = await twilio(installation, company)
    answer = await account.reports("ringing", CallerName="Jürgen & Söhne = 100 %", Empty="")
    assert answer.is_success, answer.text
    await logged(installation, company, {"name": "Jürgen & Söhne = 100 %"})


async def test_another_account_is_refused(installation: Installation, company: Company) -> None:
    account = await twilio(installation, company)
    assert (await account.reports("ringing", token=AUTH_TOKEN[::-1])).status_code == 403
    assert await installation.calls(company.admin.token) == []


HOST = "connector.example.de"


@pytest.mark.parametrize("host", [HOST, f"{HOST}:80"])
@pytest.mark.parametrize("signed", [HOST, f"{HOST}:80"])
async def test_the_usual_port_is_signed_or_left_out(
    installation: Installation, company: Company, host: str, signed: str
) -> None:
    account = await twilio(installation, company)
    answer = await account.reports("ringing", host=host, signed=signed)
    assert answer.is_success, answer.text
    await logged(installation, company, {"phase": "ringing", "legs": {"21": "ringing"}})


@pytest.mark.parametrize("signed", [f"{HOST}:443", "another.example.de"])
async def test_another_address_is_refused(
    installation: Installation, company: Company, signed: str
) -> None:
    account = await twilio(installation, company)
    assert (await account.reports("ringing", host=HOST, signed=signed)).status_code == 403
    assert await installation.calls(company.admin.token) == []


@pytest.mark.parametrize("agent", ["client:21", "sip:21@acme.sip.twilio.com"])
async def test_the_leg_to_an_agent_is_inbound_for_him(
    installation: Installation, company: Company, agent: str
) -> None:
    """The caller's leg has no extension; Dial opens another leg to the agent."""
    account = await twilio(installation, company, query="")
    leg = {"CallSid": f"CA{uuid4().hex}", "ParentCallSid": account.call["CallSid"]}
    leg |= {"Direction": "outbound-dial", "From": E164, "To": agent}
    for status in ("initiated", "ringing", "in-progress"):
        assert (await account.reports(status, **leg)).is_success
    installation.clock.move(timedelta(seconds=37))
    assert (await account.reports("completed", CallDuration="37", **leg)).is_success
    expected = {"phase": "ended", "outcome": "answered", "direction": "inbound"}
    (call,) = await logged(installation, company, {**expected, "legs": {"21": "ended"}})
    assert (call["remote"]["e164"], call["answered_by"]) == (E164, "21")
    assert call["talk_seconds"] == 37


async def test_two_agents_are_dialled_and_one_answers(
    installation: Installation, company: Company
) -> None:
    account = await twilio(installation, company, query="")
    leg = {"ParentCallSid": account.call["CallSid"], "Direction": "outbound-dial", "From": E164}
    first = {**leg, "CallSid": f"CA{uuid4().hex}", "To": "client:21"}
    second = {**leg, "CallSid": f"CA{uuid4().hex}", "To": "client:22"}
    for agent in (first, second):
        assert (await account.reports("ringing", **agent)).is_success
    assert (await account.reports("in-progress", **first)).is_success
    assert (await account.reports("no-answer", **second)).is_success
    installation.clock.move(timedelta(seconds=37))
    assert (await account.reports("completed", CallDuration="37", **first)).is_success
    expected = {"phase": "ended", "outcome": "answered", "answered_by": "21", "talk_seconds": 37}
    await logged(installation, company, expected)
