"""Customers who came by contact ways, as facts (S63): each way and customer once, with the way's node."""

from typing import Final

from scrm import ids
from scrm.aws.fact_lines import Documents, FactLines, fact
from scrm.ways.model import Arrival, ContactWay

SCHEMA_VERSION: Final = 2


class BucketArrivalFacts:
    """Implements `scrm.ways.ports.ArrivalFacts`."""

    def __init__(self, documents: Documents) -> None:
        self._facts = FactLines(documents, "customer_came")

    def came(self, arrival: Arrival, way: ContactWay) -> None:
        event_id = ids.derive("came", way.way_id, arrival.external_userid)
        line = {
            **fact(event_id, arrival.at, way.node_path, arrival.userid, SCHEMA_VERSION),
            "way_id": way.way_id,
            "external_userid": arrival.external_userid,
        }
        self._facts.write(event_id, [line])
