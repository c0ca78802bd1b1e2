"""The message handler of the security log."""

from collections.abc import Sequence

from softphone_calllog.audit.store import AuditStore
from softphone_common.contracts.events import AuditRecorded


class AuditHandlers:
    """Handles the queue `calllog.audit`."""

    def __init__(self, entries: AuditStore) -> None:
        self._entries = entries

    async def on_audit_recorded(self, messages: Sequence[AuditRecorded]) -> None:
        """Stores the entries of a batch."""
        await self._entries.add([message.entry for message in messages])
