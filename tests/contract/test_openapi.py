"""Holds the checked-in OpenAPI documents against the routes as they are."""

import json

from softphone_onebox.openapi import as_text, openapi_documents
from support.paths import ROOT

FOLDER = ROOT / "docs" / "openapi"


async def test_checked_in_documents_are_the_routes_as_they_are() -> None:
    fresh = {name: as_text(document) for name, document in (await openapi_documents()).items()}
    kept = {path.stem: path.read_text() for path in FOLDER.glob("*.json")}
    again = "write them anew: uv run python -m softphone_onebox.openapi docs/openapi"
    assert fresh == kept, again


async def test_every_route_is_named_once_among_all_services() -> None:
    paths = [
        path for document in (await openapi_documents()).values() for path in document["paths"]
    ]
    assert len(paths) == len(set(paths))


async def test_every_operation_says_what_it_does() -> None:
    for name, document in (await openapi_documents()).items():
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                assert operation.get("description"), json.dumps([name, method, path])
