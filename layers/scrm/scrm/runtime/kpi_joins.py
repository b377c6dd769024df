"""Joins the KPI catalogue to the bank's settings."""

from scrm.kpi.catalogue import Aggregation, AsOf, Catalogue, KpiDefinition, OwnerLevel, Source, Unit
from scrm.kpi.shipped import SHIPPED
from scrm.settings.kpi import DefinitionDocument, KpiDocument

LICENCE_COST = "licence_cost"


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
        cell=told.cell,
        factor=told.factor,
        first_month=told.first_month,
        last_month=told.last_month,
    )
