"""nginx with the configuration of the gateway; only what a test names is replaced in it."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from softphone_common.runtime.registry import installed_services
from softphone_testing.servers.child import Child
from softphone_testing.servers.ports import HOST, free_port
from support.paths import ROOT

CONFIGURATION = ROOT / "deploy" / "gateway"


class Gateway:
    """A running nginx. `instead` maps texts of the configuration to their replacements."""

    def __init__(self, ports: Mapping[str, int], folder: Path, **instead: str) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        here = {"listen 8080 default_server": f"listen {HOST}:{self.port} default_server"}
        text = (CONFIGURATION / "nginx.conf").read_text()
        for there, replacement in (here | instead).items():
            assert text.count(there) == 1, there
            text = text.replace(there, replacement)
        (folder / "nginx.conf").write_text(text)
        (folder / "upstreams.conf").write_text(_upstreams(ports))
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        assert program, "no nginx on this machine: deploy/install test brings it"
        options = ["-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        command = [program, *options, "-g", "daemon off;"]
        self._child = Child("nginx", command, folder=folder, env={})

    async def start(self) -> None:
        await self._child.start()
        await self._child.wait_answers(f"{self.url}/healthz", 10)

    async def stop(self) -> None:
        await self._child.stop()

    def log_text(self) -> str:
        return self._child.log.read_text()

    def access_log(self) -> list[dict[str, Any]]:
        """The entries of the access log, oldest first."""
        return [json.loads(line) for line in self.log_text().splitlines() if line.startswith("{")]

    async def raw(self, request: bytes) -> bytes:
        """Sends these bytes and returns everything up to the end of the connection."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        writer.write(request)
        async with asyncio.timeout(60):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer


def _upstreams(ports: Mapping[str, int]) -> str:
    text = (CONFIGURATION / "upstreams.conf").read_text()
    named = re.compile(r"server (\w+):8080 max_fails=0 resolve;")
    text, count = named.subn(lambda m: f"server {HOST}:{ports[m[1]]} max_fails=0;", text)
    assert count == len(installed_services())
    return text
