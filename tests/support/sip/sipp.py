"""Phones played by sipp, from scenarios that are written as a few steps."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from softphone_testing.servers.child import Child, ProgramMissingError
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until

PATIENCE_SECONDS = 20

VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]"
CONTACT = "Contact: <sip:phone[local_port]@[local_ip]:[local_port]>"
CALL = "Call-ID: [call_id]"
SDP = """\
Content-Type: application/sdp
Content-Length: [len]

v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000"""
NO_BODY = "Content-Length: 0"


def message(*lines: str) -> str:
    text = "\n".join(lines)
    return f"<send><![CDATA[\n{text}\n\n]]></send>"


def pause(seconds: float) -> str:
    return f'<pause milliseconds="{round(seconds * 1000)}"/>'


# --- the caller -----------------------------------------------------------------------------------

FROM = 'From: "Anrufer" <sip:{caller}@{host}>;tag=[pid]caller[call_number]'
TO = "To: <sip:{called}@{host}>"
INVITE = message(
    f"INVITE sip:{{called}}@{HOST}:[remote_port] SIP/2.0",
    *(VIA, FROM, TO, CALL, "CSeq: 1 INVITE", CONTACT, "Max-Forwards: 70", SDP),
)
RINGS = '<recv response="100" optional="true"/><recv response="180"/>'
IS_ANSWERED = '<recv response="100" optional="true"/><recv response="180" optional="true"/>'
IS_ANSWERED += '<recv response="200" rrs="true"/>' + message(
    "ACK [next_url] SIP/2.0",
    *(VIA, "[routes]", FROM, "To: <sip:{called}@{host}>[peer_tag_param]", CALL),
    *("CSeq: 1 ACK", "Max-Forwards: 70", NO_BODY),
)
HANGS_UP = message(
    "BYE [next_url] SIP/2.0",
    *(VIA, "[routes]", FROM, "To: <sip:{called}@{host}>[peer_tag_param]", CALL),
    *("CSeq: 2 BYE", "Max-Forwards: 70", NO_BODY),
)
HANGS_UP += '<recv response="200"/>'


def in_transaction(method: str, back: int, to: str) -> str:
    """A request of the INVITE's transaction, which was sent `back` steps before."""
    return message(
        f"{method} sip:{{called}}@{HOST}:[remote_port] SIP/2.0",
        *(VIA.replace("[branch]", f"[branch-{back}]"), FROM, to, CALL),
        *(f"CSeq: 1 {method}", "Max-Forwards: 70", NO_BODY),
    )


def acknowledges(back: int) -> str:
    return in_transaction("ACK", back, f"{TO}[peer_tag_param]")


CANCELS_AFTER_ONE_SECOND = (
    RINGS
    + pause(1)
    + in_transaction("CANCEL", 4, TO)
    + '<recv response="200"/><recv response="487"/>'
    + acknowledges(7)
)


def is_refused(status: int) -> str:
    early = "".join(f'<recv response="{code}" optional="true"/>' for code in (100, 180))
    return f'{early}<recv response="{status}"/>{acknowledges(4)}'


# --- either side ----------------------------------------------------------------------------------

REPLY = ("[last_Via:]", "[last_From:]")
SAYS_OK = message(
    "SIP/2.0 200 OK", *REPLY, "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]", CONTACT, NO_BODY
)
IS_HUNG_UP = f'<recv request="BYE"/>{SAYS_OK}'
IS_REFERRED = f'<recv request="REFER"/>{SAYS_OK.replace("200 OK", "202 Accepted")}{IS_HUNG_UP}'


# --- the phone that is called ---------------------------------------------------------------------

OWN_TO = "[last_To:];tag=[pid]phone[call_number]"
GETS_INVITE = (
    '<recv request="INVITE" rrs="true"><action>'
    '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>'
    '<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>'
    "</action></recv>"
)
GETS_ACK = (
    '<recv request="ACK"><action>'
    '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="own"/></action></recv>'
)
# sipp refuses a variable that no later step reads
READS = '<Reference variables="caller,target,own"/>'


def reply(status: str, *body: str) -> str:
    lines = ("[last_Call-ID:]", "[last_CSeq:]", "[last_Record-Route:]", CONTACT)
    return message(f"SIP/2.0 {status}", *REPLY, OWN_TO, *lines, *(body or (NO_BODY,)))


RINGING = GETS_INVITE + reply("180 Ringing")
ANSWERS = reply("200 OK", SDP) + GETS_ACK


def in_dialog(method: str, *more: str) -> str:
    """A request of the one who was called: From and To are those of the INVITE, exchanged."""
    return message(
        f"{method} [$target] SIP/2.0",
        *(VIA, "[routes]", "From:[$own]", "To:[$caller]", "[last_Call-ID:]"),
        *(f"CSeq: 1 {method}", CONTACT, "Max-Forwards: 70", *more, NO_BODY),
    )


PHONE_HANGS_UP = in_dialog("BYE") + '<recv response="200"/>'
# The BYE that follows must be a later request than the REFER.
REFERS_TO_22 = (
    in_dialog("REFER", f"Refer-To: <sip:22@{HOST}>")
    + '<recv response="202"/>'
    + PHONE_HANGS_UP.replace("CSeq: 1", "CSeq: 2")
)


def refuses(status: str) -> str:
    return reply(status) + GETS_ACK


IS_CANCELLED = (
    '<recv request="CANCEL"/>'
    + message("SIP/2.0 200 OK", *REPLY, OWN_TO, "[last_Call-ID:]", "[last_CSeq:]", NO_BODY)
    + message(
        "SIP/2.0 487 Request Terminated",
        *(*REPLY, OWN_TO, "[last_Call-ID:]", "CSeq: 1 INVITE", NO_BODY),
    )
    + GETS_ACK
)


class Sipp:
    """One run of sipp: one call of one side."""

    def __init__(self, folder: Path, steps: Sequence[str], port: int, target: int | None) -> None:
        program = shutil.which("sipp")
        if program is None:
            raise ProgramMissingError("sipp is not on this machine; run deploy/install senders")
        name = f"sipp-{uuid4().hex[:8]}"
        self.port = port
        self._errors = folder / f"{name}.errors"
        scenario = folder / f"{name}.xml"
        text = "".join(steps)
        references = READS if "assign_to" in text else ""
        scenario.write_text(
            f'<?xml version="1.0"?>\n<scenario name="{name}">\n{text}{references}\n</scenario>\n'
        )
        remote = [f"{HOST}:{target}"] if target else []
        command = [program, *remote, "-sf", str(scenario), "-m", "1", "-nostdin"]
        command += ["-i", HOST, "-p", str(port), "-mi", HOST, "-mp", str(free_port())]
        command += ["-timeout", str(PATIENCE_SECONDS), "-timeout_error", "-nd"]
        command += ["-trace_err", "-error_file", str(self._errors)]
        # it draws a screen even into a file, and needs the name of a terminal for that
        self._child = Child(name, command, folder=folder, env={"TERM": "xterm"})

    async def start(self) -> None:
        """Returns when the phone listens, so that no call is sent before."""
        await self._child.start()
        await until(self._listens, PATIENCE_SECONDS, "a listening sipp")

    def _listens(self) -> bool:
        # binding the port as a test of it could keep sipp from it
        bound = f"0100007F:{self.port:04X} " in Path("/proc/net/udp").read_text()
        return bound or not self._child.running

    async def finish(self) -> None:
        """Returns at the end of the call, and fails if a step went otherwise than written."""
        await until(lambda: not self._child.running, PATIENCE_SECONDS + 5, "the end of sipp")
        text = self._errors.read_text() if self._errors.exists() else ""
        # a watchdog of sipp reports a busy machine there, too, under the heading of all events
        notes = ("The following events occurred:", "Overload warning")
        errors = [line for line in text.splitlines() if not any(note in line for note in notes)]
        assert not any(errors), f"{text}\n{self._child.log}"

    async def stop(self) -> None:
        await self._child.stop(1)


def phone(folder: Path, *steps: str, port: int | None = None) -> Sipp:
    """A phone that waits for a call on its port."""
    return Sipp(folder, steps, port or free_port(), None)


def caller(folder: Path, server: int, caller: str, called: str, *steps: str) -> Sipp:
    """A phone that calls through the server at this port; its steps follow the INVITE."""
    text = "".join((INVITE, *steps))
    for field, value in {"caller": caller, "called": called, "host": HOST}.items():
        text = text.replace(f"{{{field}}}", value)
    return Sipp(folder, [text], free_port(), server)


async def run(*phones: Sipp) -> None:
    """Starts the phones in order and waits for their calls to end as their steps say."""
    try:
        for one in phones:
            await one.start()
        await asyncio.gather(*(one.finish() for one in phones))
    finally:
        await asyncio.gather(*(one.stop() for one in phones))
