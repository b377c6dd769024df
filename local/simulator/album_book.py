"""The corp's product albums; a deleted one is remembered as such."""

import secrets
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Product:
    """``app`` made it and alone may change it; ``price`` is in fen."""

    number: int
    product_id: str
    app: str
    created_at: float
    description: str
    price: int
    product_sn: str
    attachments: list[dict[str, Any]]
    deleted: bool = False


@dataclass(slots=True)
class AlbumBook:
    products: list[Product] = field(default_factory=list)
    by_id: dict[str, Product] = field(default_factory=dict)

    def add(self, app: str, now: float, **fields: Any) -> Product:
        number = len(self.products) + 1
        product = Product(
            number=number, product_id=f"prd{secrets.token_urlsafe(16)}", app=app, created_at=now, **fields
        )
        self.products.append(product)
        self.by_id[product.product_id] = product
        return product
