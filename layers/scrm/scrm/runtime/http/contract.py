"""The API's OpenAPI document, generated from the routes.

``python -m scrm.runtime.http.contract docs/contracts/admin-api.openapi.json`` (with ``layers/scrm`` on the path)
writes the committed one again.
"""

import json
import sys
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, License, SecurityScheme, Server, Tag

from scrm.runtime.http import families
from scrm.runtime.http.routing import router

VERSION = "1.0.0"
_DESCRIPTION = """What operators do and see. Every operation is limited to what lies at or below the organisation node
in the caller's token, and every request is written to the audit log. Errors are problem details (RFC 9457).
Lists are paged: follow `cursor` until it is null. Every POST needs an `Idempotency-Key`."""
_TAGS = {
    "caller": "Who you are to the API.",
    "handover": "Departures and the customers and groups on their way to a new owner (离职继承).",
    "decisions": "What a second person has to confirm before it is done.",
    "intake": "Messages that could not be used.",
    "contacts": "The relation table, kept equal to WeCom's.",
    "content": "Activities, their versions and the calendar (内容管理).",
    "products": "What the bank offers, and who may offer it.",
    "settings": "What the bank decides about handovers and content.",
    "audit": "Who did what.",
}


def document() -> str:
    """The document as JSON text with a final line break, operations and schemas in a stable order."""
    bearer: SecurityScheme = HTTPBearer(bearerFormat="JWT", description="Claims: sub, scrm_node, scrm_roles.")
    families.load_all()
    text = router.get_openapi_json_schema(
        title="SCRM admin API",
        version=VERSION,
        description=_DESCRIPTION,
        tags=[Tag(name=name, description=text) for name, text in _TAGS.items()],
        servers=[Server(url="/", description="The HTTP API of the stack")],
        license_info=License(name="Apache-2.0", identifier="Apache-2.0"),
        security_schemes={"operators": bearer},
        security=[{"operators": []}],
    )
    return json.dumps(_in_order(_without_unused_schemas(json.loads(text))), ensure_ascii=False, indent=2) + "\n"


def _without_unused_schemas(found: dict[str, Any]) -> dict[str, Any]:
    """The resolver adds schemas of its own error bodies, which problem details replace."""
    schemas = found["components"]["schemas"]
    while unused := [name for name in schemas if f'"#/components/schemas/{name}"' not in json.dumps(found)]:
        for name in unused:
            del schemas[name]
    return found


def _in_order(value: Any) -> Any:
    """Maps whose keys are data sorted: paths by path, answers by status, schemas by name."""
    if not isinstance(value, dict):
        return [_in_order(part) for part in value] if isinstance(value, list) else value
    sortable = {"paths", "responses", "schemas"}
    return {
        key: _in_order(dict(sorted(part.items()))) if key in sortable and isinstance(part, dict) else _in_order(part)
        for key, part in value.items()
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
