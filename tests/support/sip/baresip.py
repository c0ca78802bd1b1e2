"""Phones played by baresip, a softphone that registers with a server and has a real dialog."""

import re
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from softphone_ingest.mapping.presets.preset import load_all
from softphone_testing.servers.child import Child, ProgramMissingError
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until

PATIENCE_SECONDS = 20
# Debian's package installs them there and compiles no folder into the program.
MODULES = "/usr/lib/baresip/modules"
CONFIG = """\
module_path {modules}
net_interface {host}
sip_listen {host}:0
call_max_calls 1
audio_source aubridge,loop
audio_player aubridge,loop
module cons.so
module g711.so
module aubridge.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
cons_listen {host}:{console}
ctrl_tcp_listen {host}:{control}
"""
ENDS = ("session closed", "terminate call", "rejecting incoming call")
"""The words of its log for a call that the other side, or its own user, ended or refused."""
DOCUMENTED_CONTROL = "127.0.0.1/4444"


class Baresip:
    """A running baresip with one account, which is operated through its console."""

    def __init__(self, child: Child, server: int, console: int) -> None:
        self._child = child
        self._server = server
        self._console = console

    def command(self, text: str) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(f"/{text}\n".encode(), (HOST, self._console))

    def dials(self, user: str) -> None:
        self.command(f"dial {self.address(user)}")

    def accepts(self) -> None:
        self.command("accept")

    def hangs_up(self) -> None:
        """Ends the call, or refuses one that rings."""
        self.command("hangup")

    def transfers(self, user: str) -> None:
        self.command(f"transfer {self.address(user)}")

    def address(self, user: str) -> str:
        return f"sip:{user}@{HOST}:{self._server}"

    async def registers(self) -> None:
        await self.shows("200 OK", "a registered phone")

    async def rings(self) -> None:
        await self.shows("Incoming call from", "a ringing phone")

    async def talks(self, seconds: int = 1) -> None:
        """Returns when the display shows a call of at least this length."""
        await self._shows(lambda log: longest_talk(log) >= seconds, "a talk")

    async def hears_ringing(self) -> None:
        await self.shows("180 Ringing", "a phone that rings at the other end")

    async def is_free(self) -> None:
        """Returns when its first call has ended, however it went."""
        await self._shows(lambda log: any(text in log for text in ENDS), "the end of a call")

    async def shows(self, text: str, what: str) -> None:
        await self._shows(lambda log: text in log, what)

    async def _shows(self, wanted: Callable[[str], bool], what: str) -> None:
        try:
            await until(lambda: wanted(self.log), PATIENCE_SECONDS, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log[-3000:]}") from error

    @property
    def log(self) -> str:
        return self._child.log.read_text(errors="replace")


@asynccontextmanager
async def baresip(
    folder: Path, server: int, user: str, *, device_url: str = "", name: str = ""
) -> AsyncIterator[Baresip]:
    """A phone with an account of this user at the server, registered.

    With a `device_url` the line of the preset reports its calls there.
    """
    program, stdbuf, bash = (shutil.which(each) for each in ("baresip", "stdbuf", "bash"))
    if program is None or stdbuf is None or bash is None:
        raise ProgramMissingError("baresip is not on this machine; run deploy/install senders")
    console, control = free_port(), free_port()
    home = folder / f"baresip-{control}"
    home.mkdir()
    values = {"host": HOST, "modules": MODULES, "console": console, "control": control}
    (home / "config").write_text(CONFIG.format(**values))
    account = f'"{name}" <sip:{user}@{HOST}:{server}>;regint=600;audio_codecs=PCMA\n'
    (home / "accounts").write_text(account)
    (home / "contacts").touch()
    env = {"PATH": "/usr/bin:/bin", "HOME": str(home)}
    # without stdbuf its display is in the log only after it has ended
    command = [stdbuf, "-o0", program, "-v", "-f", str(home)]
    phone = Child(home.name, command, folder=folder, env=env)
    reports = [bash, "-c", line(control, device_url)]
    bridge = Child(f"{home.name}-line", reports, folder=folder, env=env)
    running = Baresip(phone, server, console)
    try:
        await phone.start()
        await running.registers()
        if device_url:
            await bridge.start()
            # an event before the connection would be lost
            await until(lambda: is_connected(control), PATIENCE_SECONDS, "the line's connection")
        yield running
    finally:
        await phone.stop(2)
        await bridge.stop(2)


def longest_talk(log: str) -> int:
    """The highest number of seconds that the display has shown for a call."""
    return max((int(shown) for shown in re.findall(r"\[0:00:(\d\d)\]", log)), default=0)


def is_connected(port: int) -> bool:
    """Whether a connection to this port on loopback is established; baresip logs none."""
    end = f"0100007F:{port:04X}"
    sockets = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines())
    return any((local, state) == (end, "01") for _, local, _, state, *_ in sockets)


def line(control: int, device_url: str) -> str:
    """The line of the preset, with this phone's port in place of the documented one."""
    (paste,) = load_all()["baresip"].paste
    assert DOCUMENTED_CONTROL in paste.line
    text = paste.line.replace(DOCUMENTED_CONTROL, f"127.0.0.1/{control}")
    return text.replace("{url}", paste.url).replace("{base}", device_url)
