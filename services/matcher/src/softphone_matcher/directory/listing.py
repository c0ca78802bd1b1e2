"""The conditions of a list of records."""

from dataclasses import dataclass

from softphone_common.domain.matching import RecordType
from softphone_common.stores.mongo import Document
from softphone_matcher.directory.search import facet, sight_terms


@dataclass(frozen=True, slots=True)
class Filter:
    """The records of a tenant with all of these; None is any. Inactive ones only on request.

    `typed` are keys as a search asks for them, `sights` those of the viewer, None for all records.
    """

    tenant: str
    typed: tuple[str, ...] = ()
    type: RecordType | None = None
    tag: str | None = None
    source: str | None = None
    owner: str | None = None
    key: str | None = None
    inactive: bool = False
    sights: tuple[str, ...] | None = None

    @property
    def terms(self) -> list[str]:
        """The terms that the records have, the one that the fewest have first, as a guess."""
        wanted = {"type": self.type, "tag": self.tag, "source": self.source, "owner": self.owner}
        facets = (facet(name, value) for name, value in wanted.items() if value is not None)
        return [*self.typed, *facets]

    def query(self) -> Document:
        """The condition for MongoDB."""
        query: Document = {"tenant": self.tenant, "listed": True}
        terms: Document = {"$all": self.terms} if self.terms else {}
        if self.sights is not None:
            terms["$in"] = sight_terms(self.sights)
        if terms:
            query["terms"] = terms
        if self.key is not None:
            query["keys"] = self.key
        if not self.inactive:
            query["inactive"] = {"$ne": True}
        return query

    def is_met_by(self, document: Document) -> bool:
        """Whether the list has this stored record."""
        terms = {*document["terms"]}
        return (
            document["tenant"] == self.tenant
            and document["listed"]
            and terms.issuperset(self.terms)
            and (self.sights is None or not terms.isdisjoint(sight_terms(self.sights)))
            and (self.key is None or self.key in document["keys"])
            and (self.inactive or not document.get("inactive"))
        )
