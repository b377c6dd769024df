"""Keep the product catalogue: head office alone says what the bank offers and how risky it is (S58, R8)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from scrm import clock
from scrm.content.errors import InvalidContentError, Problem, StaleContentError
from scrm.content.permissions import ProductRepository
from scrm.content.ports import ProductNews
from scrm.content.products import Product


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Use case of head office."""

    products: ProductRepository
    news: ProductNews
    now: Callable[[], datetime] = clock.now

    def put(self, product: Product, actor: str) -> Product:
        """Write a product over ``product.version``, 0 for a new one. A repeat changes nothing more.

        Messages about it that wait for their member are asked about again: its risk may have risen, its sale ended.

        Raises InvalidContentError, StaleContentError.
        """
        if product.on_sale_until is not None and product.on_sale_until <= product.on_sale_from:
            raise InvalidContentError([Problem("on_sale_until", "not_after_start", "the end must be later")])
        wanted = replace(product, changed_by=actor, changed_at=self.now())
        if self.products.save(wanted):
            if product.version:
                self.news.product_changed(product.product_id)
            return replace(wanted, version=product.version + 1)
        known = self.products.product(product.product_id)
        repeated = replace(product, version=product.version + 1, changed_by=actor)
        if known is None or replace(known, changed_at=None) != replace(repeated, changed_at=None):
            raise StaleContentError
        self.news.product_changed(product.product_id)
        return known
