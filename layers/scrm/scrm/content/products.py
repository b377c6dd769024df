"""The product catalogue (S58): what may be spoken of, its risk rating, and who may sell it."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

BANK_WIDE: Final = ""


class RiskRating(IntEnum):
    """R1 (lowest) to R5 (highest)."""

    R1 = 1
    R2 = 2
    R3 = 3
    R4 = 4
    R5 = 5


@dataclass(frozen=True, slots=True)
class Product:
    """A product on sale from ``on_sale_from`` until just before ``on_sale_until`` (None: no end).

    ``qualifications`` are those whoever offers it must hold, all of them; with none a permission is still needed.
    ``version`` rises with every write.
    """

    product_id: str
    name: str
    risk: RiskRating
    on_sale_from: datetime
    on_sale_until: datetime | None = None
    qualifications: frozenset[str] = frozenset()
    changed_by: str = ""
    changed_at: datetime | None = None
    version: int = 0

    def is_on_sale(self, at: datetime) -> bool:
        return self.on_sale_from <= at and (self.on_sale_until is None or at < self.on_sale_until)
