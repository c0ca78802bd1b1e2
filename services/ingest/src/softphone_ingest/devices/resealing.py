"""Encrypts what devices have sealed with the first key, so that an older key can be removed."""

from dataclasses import dataclass

from softphone_ingest.devices.sealing import Seal
from softphone_ingest.devices.store import DeviceStore

_SEALED = ("key_sealed", "secret_sealed")


@dataclass
class Resealed:
    """The devices that were encrypted again, those that no key decrypts, and those that somebody
    changed at the same time."""

    renewed: int = 0
    unreadable: int = 0
    changed: int = 0


async def reseal(store: DeviceStore, seal: Seal) -> Resealed:
    """Encrypts every device with the first key; a second call changes nothing.

    Values that no key decrypts stay as they are. Raises UnavailableError.
    """
    result = Resealed()
    for document in await store.read_all():
        stored = {name: document[name] for name in _SEALED if document.get(name)}
        renewed = {name: seal.renew(value) for name, value in stored.items()}
        result.unreadable += None in renewed.values()
        values = {
            name: value for name, value in renewed.items() if value not in (None, stored[name])
        }
        if values:
            before = {name: stored[name] for name in values}
            was_replaced = await store.replace_sealed(document["_id"], before, values)
            result.renewed += was_replaced
            result.changed += not was_replaced
    return result
