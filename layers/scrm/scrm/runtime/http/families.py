"""Operations that are loaded by the first request for one of them: they are rare, and would slow every start down.

A module named here has a ``router`` of its own; the contract loads them all.
"""

import importlib
from typing import Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

# Path, itself and all below it, to the module with its operations.
LAZY: Final = {
    "/v1/activities": "activities",
    "/v1/products": "products",
    "/v1/product-permissions": "product_permissions",
    "/v1/calendar": "calendar",
    "/v1/settings/content": "content_settings",
}
_loaded: set[str] = set()


def load_for(app: APIGatewayHttpResolver, path: str) -> None:
    """Make the operations of a path known to the API."""
    for prefix, module in LAZY.items():
        if path == prefix or path.startswith(f"{prefix}/"):
            _load(app, module)


def load_all(app: APIGatewayHttpResolver) -> None:
    for module in LAZY.values():
        _load(app, module)


def _load(app: APIGatewayHttpResolver, module: str) -> None:
    if module not in _loaded:
        _loaded.add(module)
        app.include_router(importlib.import_module(f"scrm.runtime.http.{module}").router)
