"""`python -m load` measures the product and its floor and writes `build/bench.json`."""

import argparse
import asyncio
import json
import platform
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from load.directory import BARE, Size, measure
from load.measurement import Measurement, table
from load.site import running_site
from softphone_testing.processes import ServiceFleet
from softphone_testing.real_servers import release_server, start_server
from support.paths import ROOT

RESULT = ROOT / "build" / "bench.json"
FULL = Size(records=1_500, pairs=3, bursts=2)
QUICK = Size(records=300, pairs=3, bursts=1)


def say(progress: str) -> None:
    print(f"bench: {progress}", file=sys.stderr, flush=True)  # noqa: T201


async def main(size: Size) -> tuple[Sequence[Measurement], str]:
    """The measurements, and the servers that they were taken with."""
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        say("servers and services start")
        servers = []
        for kind in ("rabbitmq", "mongodb", "redis_server"):
            (folder / kind).mkdir()
            servers.append(await start_server(kind, folder / kind))
            opened.push_async_callback(release_server, servers[-1])
        rabbitmq, mongodb, redis = (server.url for server in servers)
        fleet = ServiceFleet(rabbitmq, mongodb, redis, folder, {})
        site = await opened.enter_async_context(running_site(fleet, mongodb, BARE))
        names = ", ".join(server.description for server in servers)
        return await measure(site, size, say), names


def _size() -> Size:
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few records, under a minute")
    parser.add_argument("--records", type=int, help="records of the large tenant")
    chosen = parser.parse_args()
    size = QUICK if chosen.quick else FULL
    return Size(chosen.records or size.records, size.pairs, size.bursts)


if __name__ == "__main__":
    taken, servers = asyncio.run(main(_size()))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps([measurement.row() for measurement in taken], indent=1) + "\n")
    origin = f"{servers}; Python {platform.python_version()}; {RESULT.relative_to(ROOT)}"
    print(f"{table(taken)}\n\n{origin}")  # noqa: T201
