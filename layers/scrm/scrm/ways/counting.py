"""Customers who came by a contact way are counted, and where they came from is kept (S63)."""

from dataclasses import dataclass

from scrm.ways.model import Arrival, is_ours
from scrm.ways.ports import ArrivalFacts, Arrivals, WayStore


@dataclass(frozen=True, slots=True)
class ArrivalBook:
    """Use case of the customer callbacks and of the full pass, which tells of those whose callback was lost."""

    store: WayStore
    arrivals: Arrivals
    facts: ArrivalFacts

    def came(self, arrival: Arrival) -> bool:
        """Whether he counts: he came by one of our ways, and for the first time by this one."""
        if not is_ours(arrival.state):
            return False
        way = self.store.find(arrival.state)
        if way is None:
            return False
        self.facts.came(arrival, way)
        return self.arrivals.count(arrival, way)
