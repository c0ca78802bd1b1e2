"""The kinds of sources: how runs of each begin, and which reader reads them."""

from softphone_matcher.outbound.client import Outbound
from softphone_matcher.sources.card_store import Cards
from softphone_matcher.sources.carddav_reader import CardDavReader, beginning_of_carddav, copy_of
from softphone_matcher.sources.json_reader import JsonReader, beginning_of_json
from softphone_matcher.sources.ldap_reader import LdapReader, beginning_of_ldap
from softphone_matcher.sources.reader import Beginning, SourceReader
from softphone_matcher.sources.sealing import SourceSecrets
from softphone_matcher.sources.source import StoredSource
from softphone_matcher.sources.vtiger_reader import VtigerReader, beginning_of_vtiger


class Readers:
    """Opens the sources of all tenants. Every method raises SourceError."""

    def __init__(
        self, outbound: Outbound, secrets: SourceSecrets, cards: Cards, bytes_max: int
    ) -> None:
        self._outbound = outbound
        self._secrets = secrets
        self._cards = cards
        self._bytes_max = bytes_max

    def origin(self, address: str) -> str:
        """The server that an address leads to, if the operator permits it."""
        return self._outbound.check(address)

    def open(self, source: StoredSource) -> SourceReader:
        """A reader of the source, which has called nobody yet."""
        credentials = self._secrets.credentials(source)
        match source.kind:
            case "json":
                return JsonReader(source, self._outbound, credentials)
            case "vtiger":
                return VtigerReader(source, self._outbound, credentials)
            case "ldap":
                return LdapReader(source, self._outbound.ldap(source.address, credentials))
            case "carddav":
                cards, bytes_max = self._cards, self._bytes_max
                return CardDavReader(source, self._outbound, credentials, cards, bytes_max)

    async def forget(self, tenant: str, source_id: str, but: StoredSource | None = None) -> None:
        """Removes what readers keep of a source, but for what its present settings need."""
        is_kept = but is not None and but.kind == "carddav"
        await self._cards.forget(tenant, source_id, copy_of(but) if but and is_kept else None)


def beginning_of(source: StoredSource, *, is_whole: bool = True) -> Beginning:
    """How a run of the source begins.

    If not `is_whole`, a kind that can ask for changes reads only those since the latest run.
    """
    match source.kind:
        case "json":
            return beginning_of_json(source)
        case "vtiger":
            return beginning_of_vtiger(source, is_whole=is_whole)
        case "carddav":
            return beginning_of_carddav(source)
        case "ldap":
            return beginning_of_ldap(source)
