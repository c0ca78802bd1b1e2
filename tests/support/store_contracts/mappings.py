"""The behaviour of a Mappings store, tested on MongoDB and in memory alike."""

from softphone_matcher.imports.mapping import ColumnMapping, NumberColumn
from softphone_matcher.previews.mappings import MAPPINGS_MAX, Mappings, UsedMapping
from support.observations import at

MAPPING = ColumnMapping(
    name=("Vorname", "Name"),
    numbers=(NumberColumn("Tel. (1)", label="work"), NumberColumn("Mobil")),
    address=(("Straße",), ("PLZ", "Ort")),
    host_id="Nr.",
    record_type="lead",
)
USED = UsedMapping(MAPPING, ("Vorname", "Name", "Geburtstag"))


class MappingsContract:
    """Needs a fixture `mappings` with an empty store."""

    async def test_the_last_mapping_of_a_source_is_kept(self, mappings: Mappings) -> None:
        assert await mappings.get("acme", "crm") is None
        await mappings.save("acme", "crm", UsedMapping(ColumnMapping(), ()), at(0))
        await mappings.save("acme", "crm", USED, at(1))
        assert await mappings.get("acme", "crm") == USED
        assert await mappings.get("acme", "outlook") is None
        assert await mappings.get("other", "crm") is None

    async def test_mappings_of_many_sources_are_limited(self, mappings: Mappings) -> None:
        await mappings.save("other", "crm", USED, at(0))
        for n in range(MAPPINGS_MAX + 1):
            await mappings.save("acme", str(n), USED, at(n))
        assert await mappings.get("acme", "0") is None
        assert await mappings.get("acme", "1") == USED
        assert await mappings.get("other", "crm") == USED
