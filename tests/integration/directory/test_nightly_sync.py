"""The example of docs/nightly-sync.md: its commands are run, and write what the page says."""

import asyncio
import json
import re
import shutil
from pathlib import Path

from support.paths import ROOT
from support.stack.installation import Installation

PAGE = (ROOT / "docs" / "nightly-sync.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(sh|json)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


async def run(commands: str, folder: Path, environment: dict[str, str]) -> str:
    """The output of the commands, each of which has to succeed."""
    process = await asyncio.create_subprocess_exec(
        "/bin/sh",
        *("-euc", commands),
        cwd=folder,
        env={**environment, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_commands_of_the_example_write_what_it_says(
    installation: Installation, tmp_path: Path
) -> None:
    assert shutil.which("curl"), "the example needs curl"
    company = await installation.make_company()
    body = {"name": "CRM", "scopes": ["directory:write"]}
    made = await installation.post("/api/keys", company.admin.token, body)
    environment = {"CONNECTOR": installation.url, "KEY": made["key"]}
    output, compared = "", 0
    for kind, text in BLOCKS:
        if kind == "sh":
            output = await run(text, tmp_path, environment)
        else:
            assert json.loads(output) == json.loads(text)
            compared += 1
    assert compared == 4
    found = await installation.get(
        "/api/directory/matches", company.admin.token, number="08999998617"
    )
    assert [match["name"] for match in found["matches"]] == ["Huber, Maria"]
    refused = await installation.ask("GET", "/api/calls", made["key"])
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-required")
