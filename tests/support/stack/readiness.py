"""The answer of a process to `/readyz`."""

from typing import Any

from softphone_testing.processes import ServiceProcess
from support.web_client import web_client


async def readiness(process: ServiceProcess) -> tuple[int, dict[str, Any]]:
    """Status and body of `/readyz`, over a new connection."""
    # loading the machine's certificates takes longer than the answer, and plain HTTP needs none
    async with web_client(timeout=30, verify=False) as client:
        answer = await client.get(f"{process.url}/readyz")
    return answer.status_code, answer.json()
