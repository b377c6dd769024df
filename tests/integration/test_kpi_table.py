"""Measures on DynamoDB as the engine has it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from scrm.aws import session
from scrm.aws.kpi_table import DynamoKpiMeasures
from scrm.aws.table import Table
from scrm.kpi.ports import CountedPack
from tests.engine import EngineTables

DAY = date(2027, 3, 1)
NEXT = date(2027, 3, 2)
PACK = CountedPack("12", DAY, 3, 0, 5, 1, {"added": 3, "lost": 1}, {"rm1": {"added": 3}, "rm2": {"lost": 1}})


@pytest.fixture
def measures(tables: EngineTables) -> Iterator[DynamoKpiMeasures]:
    session.reset()
    yield DynamoKpiMeasures(Table(session.client("dynamodb"), tables.names["KpiTable"]))
    session.reset()


def test_counted_and_standing_measures_of_a_day_are_read_together(measures: DynamoKpiMeasures) -> None:
    measures.count([PACK, replace(PACK, day=NEXT)])
    measures.stand(DAY, "roster", 1, {"12": {"roster_rms": 2}, "13": {"roster_rms": 9}})

    assert measures.of_days("12", DAY, DAY) == {DAY: {"added": 3, "lost": 1, "roster_rms": 2}}
    assert list(measures.of_days("12", DAY, NEXT)) == [DAY, NEXT]
    assert measures.of_days("12", date(2027, 2, 1), date(2027, 2, 28)) == {}


def test_members_are_those_directly_in_the_node(measures: DynamoKpiMeasures) -> None:
    measures.count([PACK, replace(PACK, part=1, total={}, members={"rm3": {"added": 7}})])

    assert measures.of_members("12", DAY, NEXT) == {
        "rm1": {DAY: {"added": 3}},
        "rm2": {DAY: {"lost": 1}},
        "rm3": {DAY: {"added": 7}},
    }


def test_packs_of_several_shards_add_up(measures: DynamoKpiMeasures) -> None:
    measures.count([PACK, replace(PACK, shard=4)])

    assert measures.of_days("12", DAY, DAY)[DAY]["added"] == 6
    assert measures.of_members("12", DAY, DAY)["rm1"][DAY] == {"added": 6}


def test_a_pack_of_the_same_or_an_earlier_window_changes_nothing(measures: DynamoKpiMeasures) -> None:
    measures.count([PACK])

    measures.count([replace(PACK, total={"added": 9}), replace(PACK, window=4, total={"added": 8})])

    assert measures.of_days("12", DAY, DAY)[DAY]["added"] == 3
    measures.count([replace(PACK, window=6, total={"added": 4})])
    assert measures.of_days("12", DAY, DAY)[DAY]["added"] == 4


def test_a_lower_version_of_a_snapshot_changes_nothing(measures: DynamoKpiMeasures) -> None:
    measures.stand(DAY, "roster", 2, {"12": {"roster_rms": 2}})

    measures.stand(DAY, "roster", 1, {"12": {"roster_rms": 1}})
    assert measures.of_days("12", DAY, DAY) == {DAY: {"roster_rms": 2}}

    measures.stand(DAY, "roster", 3, {"12": {"roster_rms": 3}})
    assert measures.of_days("12", DAY, DAY) == {DAY: {"roster_rms": 3}}
