"""The operators' command `softphone ingest reseal`; it needs MongoDB and no running service.

Exit codes: 0 if every device is encrypted with the first key, 1 if not, 2 for wrong settings.
"""

import asyncio
import sys

import typer

from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import load
from softphone_common.stores.mongo import Mongo
from softphone_ingest.devices.resealing import Resealed, reseal
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.devices.store import MongoDeviceStore
from softphone_ingest.settings import IngestSettings

EXIT_NOT_ALL = 1

app = typer.Typer()


@app.command("reseal", help="Encrypts all devices with the first of SOFTPHONE_SEALING_KEYS.")
def reseal_devices() -> None:
    settings = load(IngestSettings)
    try:
        result = asyncio.run(resealed(settings))
    except UnavailableError as error:
        sys.stderr.write(f"{error}; is its address right, and does it run?\n")
        raise typer.Exit(EXIT_NOT_ALL) from None
    sys.stdout.write(
        f"devices encrypted with the first key now: {result.renewed}\n"
        f"devices that no key decrypts: {result.unreadable}\n"
        f"devices changed meanwhile, run this again: {result.changed}\n"
    )
    raise typer.Exit(EXIT_NOT_ALL if result.unreadable or result.changed else 0)


async def resealed(settings: IngestSettings) -> Resealed:
    """Encrypts the devices of the database in the settings. Raises UnavailableError."""
    mongo = Mongo(settings, {})
    try:
        return await reseal(MongoDeviceStore(mongo.database), Seal(settings.sealing_keys))
    finally:
        await mongo.stop()
