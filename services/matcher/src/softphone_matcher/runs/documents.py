"""How runs are stored, with their leases."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from pydantic import ValidationError

from softphone_common.stores.documents import from_document, to_document
from softphone_common.stores.mongo import Document
from softphone_matcher.imports.mapping import ColumnMapping
from softphone_matcher.previews.choices import FileChoices
from softphone_matcher.runs.run import (
    HELD_MAX,
    PROBLEMS_MAX,
    Ending,
    ImportRun,
    RowProblem,
    RunCounts,
    StoredRun,
)

UNREADABLE = Ending("failed", "import-interrupted")
"""The end of a run that another release wrote in a form that this one does not know."""
_FREE = datetime.fromtimestamp(0, UTC)
_TEXTS = ("source", "file", "encoding", "separator", "sheet", "requested_by", "tenant", "actor")


def new_document(run: StoredRun) -> Document:
    """A new run as it is stored, which no worker has taken."""
    return to_document(run) | released()


def shown_run(document: Document) -> ImportRun:
    """The run in a stored document as its tenant sees it."""
    return stored_run(document).shown()


def stored_run(document: Document) -> StoredRun:
    """The run in a stored document.

    One that another release wrote differently is `unknown`, with the fields that this one reads.
    """
    try:
        return from_document(StoredRun, document)
    except ValidationError as error:
        unread = {each["loc"][0] for each in error.errors()}
    read = {name: value for name, value in document.items() if name not in unread}
    unknown = {"state": "unknown", "code": "import-of-another-release", "params": {}}
    return from_document(StoredRun, {**_unread_fields(), **read, **unknown})


def _unread_fields() -> Document:
    """A value for each field that has no default and cannot be read."""
    texts = dict.fromkeys(_TEXTS, "")
    read = {"mapping": ColumnMapping(), "choices": FileChoices()}
    return {**texts, **read, "size": 0, "kind": None, "requested_at": _FREE}


def readable_run(document: Document) -> StoredRun | None:
    """The run in a stored document; None if another release wrote it differently."""
    with suppress(ValidationError):
        return from_document(StoredRun, document)
    return None


def lease(owner: str, until: datetime) -> Document:
    """The stored fields of a run that a worker has."""
    return {"lease_owner": owner, "lease_until": until}


def released() -> Document:
    """The stored fields of a run that no worker has."""
    return lease("", _FREE)


def progress(done: RunCounts, planned: RunCounts | None) -> Document:
    """The stored fields of what is done, and of what the next batch will have done."""
    return {**done.model_dump(), "planned": planned.model_dump() if planned else None}


def left(ending: Ending, at: datetime) -> Document:
    """The stored fields that a worker sets when it leaves a run."""
    finished_at = None if ending.state == "held" else at
    return {**ending.fields(), "finished_at": finished_at, **released()}


def cancelled(at: datetime) -> Document:
    """The stored fields that the end of a run by a person sets."""
    return {"state": "cancelled", "finished_at": at, "code": "", "params": {}, **released()}


def confirmed(by: str) -> Document:
    """The stored fields with which a run that was held goes on."""
    return {"state": "waiting", "code": "", "params": {}, "confirmed_by": by, "attempts": 0}


def without_removal(code: str, at: datetime) -> Document:
    """The stored fields with which a run that was held ends, and removes nothing."""
    return {"state": "finished", "finished_at": at, "code": code, "params": {}}


def forgotten(held: Iterable[Document], run: StoredRun) -> Iterator[tuple[str, str]]:
    """The ids of those of a tenant's held runs that nobody can or will confirm, each with a code.

    `held` begins with the newest.
    """
    kept = 0
    for document in held:
        if document["source"] == run.source and document["requested_at"] < run.requested_at:
            yield document["_id"], "import-removal-superseded"
        elif kept == HELD_MAX:
            yield document["_id"], "import-removal-forgotten"
        else:
            kept += 1


def problem_documents(run_id: str, problems: Sequence[RowProblem], first: int) -> list[Document]:
    """Rejected rows as they are stored; their ids are made of their numbers."""
    return [
        {"_id": f"{run_id}/{n}", "run": run_id, "n": n, **problem.model_dump()}
        for n, problem in enumerate(problems, first)
        if n < PROBLEMS_MAX
    ]


def free_of(documents: Iterable[Document], owner: str, now: datetime) -> list[tuple[str, str]]:
    """Id and tenant of the first run of each tenant, unless another worker has it now."""
    first: dict[str, Document] = {}
    for document in documents:
        first.setdefault(document["tenant"], document)
    return [
        (document["_id"], tenant)
        for tenant, document in first.items()
        if is_free(document, owner, now)
    ]


def is_free(document: Document, owner: str, now: datetime) -> bool:
    """Whether this worker may take the run."""
    return bool(document["lease_owner"] == owner or document["lease_until"] < now)
