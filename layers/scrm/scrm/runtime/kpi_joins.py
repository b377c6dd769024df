"""Joins the KPI catalogue to the bank's settings and the organisation."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Protocol

from scrm import clock
from scrm.kpi.catalogue import Aggregation, AsOf, Catalogue, KpiDefinition, OwnerLevel, Source, Unit
from scrm.kpi.shipped import SHIPPED
from scrm.kpi.telling import Node
from scrm.org.model import OrgNode
from scrm.settings.kpi import DefinitionDocument, KpiDocument
from scrm.targets.figures import FUNNEL, month_of
from scrm.targets.plans import PlanState, PlanVersion
from scrm.targets.stages import StageLadder

LICENCE_COST = "licence_cost"


class Organisation(Protocol):
    """The organisation's table."""

    def all_nodes(self) -> Iterator[OrgNode]: ...


class OrgNodesOfMonth:
    """Implements `scrm.kpi.telling.Nodes`: a node that was merged into another still has its part of the month."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation

    def of_month(self, first: date) -> Iterable[Node]:
        for node in self._organisation.all_nodes():
            closed = node.closed_at
            if closed is None or closed.astimezone(clock.BUSINESS_ZONE).date() >= first:
                yield Node(node.node_id, node.path, node.parent_id)


def urgent_kpis(ladder: StageLadder, plans: Iterable[PlanVersion]) -> frozenset[str]:
    """KPIs that gates or plans in force go by: told while the month runs."""
    asked = {criterion.kpi for stage in ladder.stages for criterion in stage.criteria}
    planned = {plan.kpi for plan in plans if plan.state is PlanState.APPROVED}
    return frozenset({*FUNNEL, *asked, *ladder.gated, *planned})


def business_day() -> date:
    return clock.now().astimezone(clock.BUSINESS_ZONE).date()


def business_month() -> str:
    """``2027-03``."""
    return month_of(business_day())


def catalogue_of(document: KpiDocument) -> Catalogue:
    """Raises InvalidCatalogueError for definitions that cannot be computed or contradict each other."""
    price = document.licence_fen_per_month
    shipped = tuple(one for one in SHIPPED if one.kpi != LICENCE_COST or price)
    own = (_definition(one) for one in document.definitions)
    known = Catalogue(shipped, document.hide_below)
    return known.extended(own, document.last_months, {LICENCE_COST: price} if price else {})


def _definition(told: DefinitionDocument) -> KpiDefinition:
    return KpiDefinition(
        kpi=told.kpi,
        version=told.version,
        title=told.title,
        unit=Unit(told.unit),
        aggregation=Aggregation(told.aggregation),
        numerator=told.numerator,
        denominator=told.denominator,
        source=Source(told.source),
        as_of=AsOf(told.as_of),
        owner_level=OwnerLevel(told.owner_level),
        known_by=told.known_by,
        cell=told.cell,
        factor=told.factor,
        first_month=told.first_month,
        last_month=told.last_month,
    )
