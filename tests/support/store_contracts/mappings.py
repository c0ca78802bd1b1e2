"""The behaviour of a Mappings store, tested on MongoDB and in memory alike."""

from softphone_matcher.imports.mapping import ColumnMapping, NumberColumn
from softphone_matcher.previews.mappings import MAPPINGS_MAX, Mappings
from support.observations import at

MAPPING = ColumnMapping(
    name=("Vorname", "Name"),
    numbers=(NumberColumn("Tel. (1)", label="work"), NumberColumn("Mobil")),
    address=(("Straße",), ("PLZ", "Ort")),
    host_id="Nr.",
    record_type="lead",
)


class MappingsContract:
    """Needs a fixture `mappings` with an empty store."""

    async def test_the_last_mapping_of_a_source_is_kept(self, mappings: Mappings) -> None:
        assert await mappings.get("acme", "crm") is None
        await mappings.save("acme", "crm", ColumnMapping(), at(0))
        await mappings.save("acme", "crm", MAPPING, at(1))
        assert await mappings.get("acme", "crm") == MAPPING
        assert await mappings.get("acme", "outlook") is None
        assert await mappings.get("other", "crm") is None

    async def test_mappings_of_many_sources_are_limited(self, mappings: Mappings) -> None:
        await mappings.save("other", "crm", MAPPING, at(0))
        for n in range(MAPPINGS_MAX + 1):
            await mappings.save("acme", str(n), MAPPING, at(n))
        assert await mappings.get("acme", "0") is None
        assert await mappings.get("acme", "1") == MAPPING
        assert await mappings.get("other", "crm") == MAPPING
