"""The KPI catalogue: what is shipped, a bank's own definitions, versions that run beside each other."""

from dataclasses import replace

import pytest

from scrm.kpi.catalogue import Aggregation, Catalogue, KpiDefinition, Source
from scrm.kpi.errors import InvalidCatalogueError
from scrm.kpi.shipped import SHIPPED
from scrm.runtime.kpi_joins import catalogue_of
from scrm.settings.kpi import DefinitionDocument, KpiDocument
from scrm.settings.targets import TargetsDocument
from scrm.targets.figures import FUNNEL

CARDS = DefinitionDocument(
    kpi="card_binding",
    version=2,
    title="户均绑卡数",
    unit="rate",
    aggregation="last",
    numerator=("cards_bound",),
    denominator=("fact_customers",),
    source="bank_facts",
    as_of="last_publication",
    owner_level="branch",
    cell="fact_customers",
    first_month="2027-04",
)


def test_every_kpi_that_targets_and_gates_name_is_shipped() -> None:
    stages = TargetsDocument().stages
    named = {one.kpi for stage in stages for one in stage.criteria} | {kpi for one in stages for kpi in one.assesses}

    assert named | set(FUNNEL) <= set(Catalogue(SHIPPED).kpis)


def test_a_figure_about_customers_money_has_a_cell_that_can_be_too_small() -> None:
    assert {one.cell for one in SHIPPED if one.source is Source.BANK_FACTS} == {"fact_customers"}


def test_a_bank_adds_a_kpi_of_its_own() -> None:
    own = CARDS.model_copy(update={"kpi": "cards_per_customer", "version": 1})

    found = catalogue_of(KpiDocument(definitions=(own,))).leading("cards_per_customer", "2027-05")

    assert found is not None
    assert (found.title, found.numerator) == ("户均绑卡数", ("cards_bound",))


def test_a_changed_definition_runs_beside_the_old_one_and_leads_once_that_has_ended() -> None:
    document = KpiDocument(definitions=(CARDS,), last_months={"card_binding@1": "2027-06"})

    catalogue = catalogue_of(document)

    in_force = {
        month: [one.version for one in catalogue.in_force(month) if one.kpi == "card_binding"]
        for month in ("2027-03", "2027-04", "2027-06", "2027-07")
    }
    leading = {month: catalogue.leading("card_binding", month) for month in in_force}
    assert in_force == {"2027-03": [1], "2027-04": [1, 2], "2027-06": [1, 2], "2027-07": [2]}
    assert [found.version for found in leading.values() if found] == [1, 1, 1, 2]


def test_the_cost_of_licences_is_a_kpi_once_the_bank_told_the_price() -> None:
    priced = catalogue_of(KpiDocument(licence_fen_per_month=15_00)).leading("licence_cost", "2027-01")

    assert catalogue_of(KpiDocument()).leading("licence_cost", "2027-01") is None
    assert priced is not None
    assert priced.factor == 15_00


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (KpiDocument(definitions=(CARDS.model_copy(update={"version": 1}),)), "defined twice"),
        (KpiDocument(last_months={"card_binding@9": "2027-06"}), "no such version"),
        (KpiDocument(definitions=(CARDS.model_copy(update={"numerator": ()}),)), "has measures"),
        (KpiDocument(definitions=(CARDS.model_copy(update={"aggregation": "sum"}),)), "no denominator"),
        (KpiDocument(definitions=(CARDS.model_copy(update={"last_month": "2027-03"}),)), "before the first"),
    ],
)
def test_a_definition_that_cannot_be_computed_is_refused_by_name(document: KpiDocument, text: str) -> None:
    with pytest.raises(InvalidCatalogueError, match=text) as refused:
        catalogue_of(document)

    assert refused.value.kpi.startswith("card_binding")


def test_a_ratio_of_sums_needs_something_to_divide_by() -> None:
    whole: KpiDefinition = SHIPPED[0]

    with pytest.raises(InvalidCatalogueError, match="denominator"):
        replace(whole, aggregation=Aggregation.RATIO_OF_SUMS, denominator=())
