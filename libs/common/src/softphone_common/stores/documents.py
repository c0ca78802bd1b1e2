"""Maps entities to stored documents: an entity's `id` is the document's `_id`."""

from typing import Any, TypeVar

from pydantic import BaseModel

from softphone_common.stores.mongo import Document

E = TypeVar("E", bound=BaseModel)


def to_document(entity: BaseModel, **more: Any) -> Document:
    """The entity's fields and `more` under the key `_id`."""
    fields = entity.model_dump(by_alias=True)
    return {"_id": fields.pop("id"), **fields, **more}


def from_document(kind: type[E], document: Document, **more: Any) -> E:
    """The entity in a document; `more` replaces fields that are stored in another form.

    Raises pydantic.ValidationError for a document that another release wrote differently.
    """
    return kind.model_validate({**document, **more, "id": document["_id"]})


def from_optional(kind: type[E], document: Document | None) -> E | None:
    """The entity in the document that a query returned, if there was one."""
    return None if document is None else from_document(kind, document)
