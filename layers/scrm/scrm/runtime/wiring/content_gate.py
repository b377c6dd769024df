"""What the library lets be sent, for who sends it and who runs campaigns."""

import functools
from typing import TYPE_CHECKING

from scrm.aws.content_table import DynamoContents
from scrm.content.sending import ContentGate
from scrm.runtime.when_asked import when_asked
from scrm.runtime.wiring.tables import table

if TYPE_CHECKING:
    from scrm.content.ports import ProductCatalogue


@functools.cache
def content_gate() -> ContentGate:
    return ContentGate(DynamoContents(table("CONTENT_TABLE")), when_asked(_products))


def _products() -> "ProductCatalogue":
    from scrm.aws.product_table import DynamoProducts  # noqa: PLC0415 - most content speaks of none

    return DynamoProducts(table("CONTENT_TABLE"))
