"""A figure of the bench: what was measured, against whom, and what it must not miss."""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` must be at most (lower is better) or at least (higher is better) `limit`.

    `peer` says what the value is a ratio to, `floor` what the best that is possible would score (None: not known).
    """

    name: str
    value: float
    limit: float
    better: Literal["lower", "higher"]
    unit: str
    peer: str
    floor: float | None = None

    @property
    def within_limit(self) -> bool:
        return self.value <= self.limit if self.better == "lower" else self.value >= self.limit

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
