"""Holds the page's types against the models of the frames and the OpenAPI documents."""

from softphone_common.contracts.typescript import of_openapi, type_modules
from support.paths import ROOT

SENT = "#/components/schemas/Sent"
TYPES = ROOT / "libs" / "web" / "src" / "api"


def test_page_types_are_those_of_the_server() -> None:
    written = {path.name: path.read_text("utf-8") for path in TYPES.iterdir()}
    assert written == type_modules(ROOT / "docs" / "openapi"), "run: make contracts"


def test_fields_are_optional_in_requests_only() -> None:
    field = {"properties": {"size": {"type": "integer"}}, "type": "object"}
    document = {
        "components": {"schemas": {"Sent": field, "Answered-Output": field, "Page_Sent_": field}},
        "paths": {
            "/api/a/{id}": {
                "post": {
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                    "requestBody": {"content": {"json": {"schema": {"$ref": SENT}}}},
                    "responses": {"204": {}},
                }
            },
            "/hit/{key}": {"get": {"responses": {"202": {}}}},
        },
    }
    text = of_openapi("here", document)
    assert "interface Answered {\n  size: number;" in text
    assert "interface Sent {\n  size?: number;" in text
    assert "interface SentPage {" in text
    assert '"POST /api/a/{id}": { path: { id: string }; body: Sent; answer: null };' in text
    assert "/hit/" not in text
