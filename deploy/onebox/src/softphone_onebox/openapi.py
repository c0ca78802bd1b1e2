"""Writes the OpenAPI document of every service into a folder. No server is needed."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from softphone_common.runtime.registry import installed_services
from softphone_common.runtime.runner import Runner
from softphone_testing.installation_keys import KEYS


async def openapi_documents() -> dict[str, dict[str, Any]]:
    """The documents by service name."""
    documents: dict[str, dict[str, Any]] = {}
    for name, definition in installed_services().items():
        settings = definition.settings(
            amqp_url=SecretStr("amqp://nobody@localhost/"),
            mongo_url=SecretStr("mongodb://localhost/softphone"),
            redis_url=SecretStr("redis://localhost/"),
            **KEYS,
        )
        service = await definition.build(settings)
        documents[name] = Runner(settings, [service]).app.openapi()
        for resource in service.resources:
            await resource.stop()
    return documents


def as_text(document: dict[str, Any]) -> str:
    """The document in the form that is checked in."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Writes the documents into the folder of the first argument."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in asyncio.run(openapi_documents()).items():
        (folder / f"{name}.json").write_text(as_text(document))


if __name__ == "__main__":
    main()
