"""RabbitMQ as a child process, independent of a system service and without root."""

import asyncio
import os
import re
import secrets
import shutil
from pathlib import Path

from softphone_testing.servers.child import Child, ProgramMissingError, ServerError
from softphone_testing.servers.identity import write_private
from softphone_testing.servers.ports import HOST, free_port, is_free
from softphone_testing.servers.server import Server

# Debian's /usr/sbin/rabbitmq-server switches to the user rabbitmq and drops the environment, so the
# script it calls is started directly.
SCRIPTS = (
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/usr/local/lib/rabbitmq/bin/rabbitmq-server",
    "/opt/rabbitmq/sbin/rabbitmq-server",
    "/usr/local/opt/rabbitmq/sbin/rabbitmq-server",
    "/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server",
)
# Two schedulers are enough for a development machine; by default Erlang starts one for each core.
ERLANG = "-noinput +S 2:2 +SDcpu 2:2 +SDio 4 -kernel inet_dist_use_interface {127,0,0,1}"
METHOD, CONNECTION, START, START_OK, TUNE = 1, 10, 10, 11, 30


class RabbitMQ(Server):
    """A broker of one node with a port mapper (epmd) of its own. `stop` ends both.

    It has no plugins, unless Prometheus is to find its metrics at a port.
    """

    title = "RabbitMQ"
    ready_seconds = 120.0
    grace_seconds = 30.0

    def __init__(self, folder: Path, prometheus_port: int | None = None) -> None:
        super().__init__(folder)
        self._prometheus_port = prometheus_port
        self._epmd: Child | None = None
        self._epmd_port = 0

    @property
    def url(self) -> str:
        who = self.identity
        return f"amqp://{who.user}:{who.password}@{HOST}:{who.port}/"

    async def _launch(self) -> None:
        script, epmd = programs()
        self._write_files()
        self._epmd_port = free_port()
        command = [epmd, "-port", str(self._epmd_port), "-address", HOST]
        self._epmd = self._child_process("epmd", command, {})
        await self._epmd.start()

        async def mapping() -> bool:
            return not is_free(self._epmd_port)

        await self._epmd.wait_ready(mapping, self.ready_seconds)
        self._child = self._child_process("rabbitmq", [script], self._environment())
        await self._child.start()
        await self._child.wait_ready(self._answers, self.ready_seconds)

    async def control(self, *words: str) -> str:
        """The output of rabbitmqctl, for example `control("list_queues")`."""
        script, _ = programs()
        program = Path(script).with_name("rabbitmqctl")
        node = self._environment()
        env = {name: node[name] for name in ("RABBITMQ_NODENAME", "ERL_EPMD_PORT", "LANG")}
        child = await asyncio.create_subprocess_exec(
            *(str(program), "--quiet", *words),
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        answer = (await child.communicate())[0].decode()
        if child.returncode:
            raise ServerError(f"rabbitmqctl {' '.join(words)}: {answer}")
        return answer

    async def kill(self) -> None:
        await super().kill()
        # The node ends first, because it starts a new epmd if it finds none.
        epmd, self._epmd = self._epmd, None
        if epmd is not None:
            await epmd.kill()

    async def _answers(self) -> bool:
        who = self.identity
        version = await login(HOST, who.port, who.user, who.password)
        if version is not None:
            self.description = f"RabbitMQ {version} (rabbitmq-server)"
        return version is not None

    def _write_files(self) -> None:
        cookie = (
            self.folder / ".erlang.cookie"
        )  # Erlang reads it from HOME; on the command line `ps` would show it
        if not cookie.exists():
            write_private(cookie, secrets.token_hex(20), 0o400)
        config = [
            f"listeners.tcp.1 = {HOST}:{self.port}",
            f"default_user = {self.identity.user}",
            f"default_pass = {self.identity.password}",
            "disk_free_limit.absolute = 50MB",
            "max_message_size = 4194304",
            "vm_memory_high_watermark.relative = 0.4",
            "log.file = false",
            "log.console = true",
            "log.console.level = info",
        ]
        if self._prometheus_port is not None:
            config.append(f"prometheus.tcp.port = {self._prometheus_port}")
            config.append(f"prometheus.tcp.ip = {HOST}")
        plugins = "" if self._prometheus_port is None else "rabbitmq_prometheus"
        write_private(self.folder / "rabbitmq.conf", "\n".join(config) + "\n")
        write_private(self.folder / "enabled_plugins", f"[{plugins}].\n")

    def _environment(self) -> dict[str, str]:
        return {
            "RABBITMQ_NODENAME": f"{self.identity.name}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",  # the file of the system service must not apply
            # The script then replaces itself by the node (exec) and does not stay as its parent.
            "RABBITMQ_ALLOW_INPUT": "true",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_CRASH_DUMP_BYTES": "0",
            "LANG": "C.UTF-8",
        }


async def login(host: str, port: int, user: str, password: str) -> str | None:
    """The version of the broker, or None if it refuses the user.

    Raises OSError if nothing listens. The handshake is done by hand as far as `connection.tune`
    (AMQP 0.9.1), so that the onebox needs no client to see whether the broker is ready.
    """
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"AMQP\x00\x00\x09\x01")
        start = await _method(reader, START)
        response = f"\0{user}\0{password}".encode()
        payload = CONNECTION.to_bytes(2) + START_OK.to_bytes(2) + bytes(4)  # no properties
        payload += b"\x05PLAIN" + len(response).to_bytes(4) + response + b"\x05en_US"
        writer.write(b"\x01\x00\x00" + len(payload).to_bytes(4) + payload + b"\xce")
        if start is None or await _method(reader, TUNE) is None:
            return None
    except (EOFError, ConnectionResetError):
        return None  # RabbitMQ closes the connection when it refuses a user
    finally:
        writer.close()
    version = re.search(rb"\x07versionS...(.)([0-9.]+)", start, re.DOTALL)
    return version[2][: version[1][0]].decode() if version else "?"


async def _method(reader: asyncio.StreamReader, number: int) -> bytes | None:
    """The arguments of the next frame if it is this method of the class connection."""
    header = await reader.readexactly(7)
    payload = await reader.readexactly(int.from_bytes(header[3:7]) + 1)
    expected = CONNECTION.to_bytes(2) + number.to_bytes(2)
    return payload[4:] if header[0] == METHOD and payload[:4] == expected else None


def programs() -> tuple[str, str]:
    """The paths of RabbitMQ's script and of epmd. Raises ProgramMissingError."""
    script = next((path for path in SCRIPTS if Path(path).is_file()), None)
    bundled = sorted(Path("/usr/lib/erlang").glob("erts-*/bin/epmd"))
    epmd = shutil.which("epmd") or (str(bundled[-1]) if bundled else None)
    missing = [
        name for name, found in (("rabbitmq-server", script), ("epmd", epmd)) if found is None
    ]
    if script is None or epmd is None:
        raise ProgramMissingError(
            f"RabbitMQ: {' and '.join(missing)} not found on this machine; install it "
            "(deploy/install run, or apt-get install rabbitmq-server) or set SOFTPHONE_AMQP_URL"
        )
    return script, epmd
