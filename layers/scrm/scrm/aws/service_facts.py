"""How well customers were answered, as facts (S69): counts and sums of a member and place on a day, never averages.

A day is told again as long as it may change; of each member and place the last telling counts.
"""

import json
from collections.abc import Sequence
from datetime import date

from scrm import clock, ids
from scrm.aws.fact_lines import Documents, FactLines


class BucketServiceFacts:
    """Implements `scrm.service.daily.ServiceFacts`."""

    def __init__(self, documents: Documents) -> None:
        self._facts = FactLines(documents, "service_quality")

    def write(self, day: date, lines: Sequence[bytes]) -> None:
        told_at = clock.to_iso(clock.now())
        name = f"{day.isoformat()}-{ids.derive('told', told_at)}"
        self._facts.write(name, ({**json.loads(line), "told_at": told_at} for line in lines))
