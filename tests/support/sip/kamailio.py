"""Kamailio on loopback, with a script that posts the lines of the preset `kamailio`."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from softphone_ingest.mapping.presets.preset import load_all
from softphone_testing.servers.child import Child, ProgramMissingError
from softphone_testing.servers.ports import HOST, free_port

# Debian's package installs them there and compiles the folder into the program.
MODULES = (
    *("tm", "sl", "rr", "pv", "maxfwd", "corex", "textops", "siputils", "http_client"),
    *("usrloc", "registrar"),
)
RING_SECONDS = 6
"""After this time Kamailio gives up a phone that rings; a busy machine answers within it."""
ANSWER_TIMEOUT_SECONDS = 1.0

SCRIPT = """\
debug=1
log_stderror=yes
children=8
auto_aliases=no
disable_tcp=yes
listen=udp:{host}:{port}

{modules}
modparam("tm", "fr_inv_timer", {ring_milliseconds})

request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("CANCEL")) {{
    if (t_check_trans()) {{
{missed}
      t_relay();
    }}
    exit;
  }}
  if (has_totag()) {{
    loose_route();
    if (is_method("ACK") && !t_check_trans()) {{ t_relay(); exit; }}
    if (is_method("BYE")) {{
{ended}
    }}
    t_relay();
    exit;
  }}
  if (is_method("REGISTER")) {{ save("location"); exit; }}
  if (!is_method("INVITE")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
{ringing}
  record_route();
  t_on_reply("ANSWERED");
  t_on_failure("FAILED");
{routes}
  if (lookup("location")) {{ t_relay(); exit; }}
  sl_send_reply("404", "Not Found");
}}

onreply_route[ANSWERED] {{
  if (status == "200" && is_method("INVITE")) {{
{connected}
  }}
}}

failure_route[FAILED] {{
{missed}
}}
"""


class Kamailio:
    """A running Kamailio, and its log."""

    def __init__(self, child: Child, port: int) -> None:
        self._child = child
        self.port = port

    @property
    def log(self) -> str:
        return self._child.log.read_text(errors="replace")


@asynccontextmanager
async def kamailio(
    folder: Path,
    device_url: str,
    routes: Mapping[str, Sequence[int]] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> AsyncIterator[Kamailio]:
    """Kamailio that forwards calls by the user that was called.

    `routes` has the ports of the user's phones, `groups` the users of a group; all other calls go
    to the phones that have registered. Several phones ring together. Hits go to `device_url`.
    """
    program = shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        raise ProgramMissingError("Kamailio is not on this machine; run deploy/install senders")
    port = free_port()
    config = folder / "kamailio.cfg"
    config.write_text(script(port, device_url, routes or {}, groups or {}))
    command = [program, "-f", str(config), "-DD", "-E", "-Y", str(folder), "-m", "32", "-M", "4"]
    child = Child("kamailio", command, folder=folder, env={"PATH": "/usr/sbin:/usr/bin"})
    await child.start()
    try:
        await child.wait_ready(lambda: answers(port), 20)
        yield Kamailio(child, port)
    finally:
        await child.stop(3)


def script(
    port: int,
    device_url: str,
    routes: Mapping[str, Sequence[int]],
    groups: Mapping[str, Sequence[str]],
) -> str:
    """A routing script with the preset's lines where the preset says they belong."""
    lines = {
        event: paste.line.replace("{url}", paste.url).replace("{base}", device_url)
        for paste in load_all()["kamailio"].paste
        for event in paste.events
    }
    forwards = [route(user, ports) for user, ports in routes.items()]
    forwards += [group(user, members) for user, members in groups.items()]
    return SCRIPT.format(
        host=HOST,
        port=port,
        modules="\n".join(f'loadmodule "{name}.so"' for name in MODULES),
        ring_milliseconds=RING_SECONDS * 1000,
        routes="\n".join(forwards),
        **lines,
    )


def route(user: str, ports: Sequence[int]) -> str:
    """Sends the call on, as a registrar does: the phones' addresses have users of their own."""
    first, *others = (f"sip:phone{port}@{HOST}:{port}" for port in ports)
    branches = " ".join(f'append_branch("{address}");' for address in others)
    return f'  if ($rU == "{user}") {{ $ru = "{first}"; {branches} t_relay(); exit; }}'


def group(user: str, members: Sequence[str]) -> str:
    """Sends the call on to the registered phones of all members."""
    first, *others = (f"sip:{member}@{HOST}" for member in members)
    branches = " ".join(f'lookup_to_dset("location", "{address}");' for address in others)
    looked_up = f'$ru = "{first}"; lookup("location"); {branches}'
    return f'  if ($rU == "{user}") {{ {looked_up} t_relay(); exit; }}'


async def answers(port: int) -> bool:
    """Whether a SIP server answers on this UDP port."""
    probe = (
        f"OPTIONS sip:{HOST}:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {HOST}:{{own}};branch=z9hG4bKprobe{{own}}\r\n"
        f"From: <sip:probe@{HOST}>;tag=1\r\nTo: <sip:probe@{HOST}>\r\n"
        "Call-ID: probe-{own}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 5\r\nContent-Length: 0\r\n\r\n"
    )
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.bind((HOST, 0))
        own = client.getsockname()[1]
        await loop.sock_sendto(client, probe.format(own=own).encode(), (HOST, port))
        async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
            return (await loop.sock_recv(client, 2048)).startswith(b"SIP/2.0")
