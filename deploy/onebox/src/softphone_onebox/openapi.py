"""Writes the OpenAPI document of every service into a folder; needs no server to do so."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr

import softphone_calllog.service
import softphone_ingest.service
import softphone_janitor.service
import softphone_matcher.service
import softphone_notifier.service
from softphone_calllog.settings import CalllogSettings
from softphone_common.process.settings import Settings
from softphone_common.runtime.service import Runner, Service
from softphone_ingest.settings import IngestSettings
from softphone_janitor.settings import JanitorSettings
from softphone_matcher.settings import MatcherSettings
from softphone_notifier.settings import NotifierSettings

_BUILDS: tuple[tuple[type[Settings], Callable[[Any], Awaitable[Service]]], ...] = (
    (IngestSettings, softphone_ingest.service.build),
    (MatcherSettings, softphone_matcher.service.build),
    (CalllogSettings, softphone_calllog.service.build),
    (NotifierSettings, softphone_notifier.service.build),
    (JanitorSettings, softphone_janitor.service.build),
)


async def documents() -> dict[str, dict[str, Any]]:
    """The document of each service by its name."""
    found = {}
    for kind, build in _BUILDS:
        settings = kind(
            amqp_url=SecretStr("amqp://nobody@localhost/"),
            mongo_url=SecretStr("mongodb://localhost/softphone"),
            redis_url=SecretStr("redis://localhost/"),
            auth_secret=SecretStr("x" * 32),
        )
        service = await build(settings)
        found[service.name] = Runner(settings, [service]).app.openapi()
        for resource in service.resources:
            await resource.stop()
    return found


def as_text(document: dict[str, Any]) -> str:
    """As it is checked in."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Writes into the folder that is named first."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in asyncio.run(documents()).items():
        (folder / f"{name}.json").write_text(as_text(document))


if __name__ == "__main__":
    main()
