"""The second engine: the flow of calls on a simulated Athena, and what it makes of questions, answers and trouble."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import boto3
import pytest
import requests
from moto import mock_aws

from scrm.aws.athena_engine import AthenaEngine, literal, rendered, table_of, with_tables
from scrm.aws.duckdb_engine import DuckDbEngine
from scrm.sql import Dataset, Selection, SqlFailedError, TooMuchSelectedError
from tests.fakes.parquet import MemoryFiles

REGION = "cn-north-1"
MONTHS = Dataset("months", "kpi/customer_months", {"customer_key": "VARCHAR", "aum_fen": "BIGINT"}, ("customer_key",))
MARCH = Selection(MONTHS, ("month=2027-03/version=1-a", "month=2027-02/version=4-b"))


def engine(client: Any, **given: Any) -> AthenaEngine:
    return AthenaEngine(
        lambda: client,
        DuckDbEngine(MemoryFiles()),
        bucket="scrm-data",
        database="scrm",
        workgroup="scrm",
        sleep=lambda _: None,
        **given,
    )


class TestOnMoto:
    @pytest.fixture
    def athena(self) -> Iterator[Any]:
        with mock_aws():
            client = boto3.client("athena", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
            client.create_work_group(
                Name="scrm", Configuration={"ResultConfiguration": {"OutputLocation": "s3://scrm-data/athena/"}}
            )
            yield client

    def test_a_question_makes_its_table_and_partitions_once_and_reads_the_answer(self, athena: Any) -> None:
        kinds = ("varchar", "bigint", "double", "boolean", "array", "date", "decimal")
        rows = [
            {"Data": [{"VarCharValue": kind} for kind in kinds]},
            {"Data": [{"VarCharValue": text} for text in ("甲", "7", "1.5", "true", "[a, b]", "2027-03-31", "9")]},
            {"Data": [{} for _ in kinds]},
        ]
        columns = [{"Name": kind, "Type": kind, "Nullable": "UNKNOWN", "CaseSensitive": True} for kind in kinds]
        answers: list[Any] = [{"rows": [], "column_info": []}] * 2 + [{"rows": rows, "column_info": columns}] * 2
        queued = requests.post(
            "http://motoapi.amazonaws.com/moto-api/static/athena/query-results",
            json={"account_id": "123456789012", "region": REGION, "results": answers},
            timeout=5,
        )
        assert queued.status_code == 201
        asked = engine(athena)

        found = asked.query("SELECT * FROM months WHERE customer_key <> $none", [MARCH], {"none": "it's"})

        assert found == [("甲", 7, 1.5, True, ["a", "b"], date(2027, 3, 31), 9), (None,) * 7]
        texts = [
            athena.get_query_execution(QueryExecutionId=each)["QueryExecution"]["Query"]
            for each in athena.list_query_executions(WorkGroup="scrm")["QueryExecutionIds"]
        ]
        table = f"scrm.{table_of(MONTHS)}"
        assert len(texts) == 3
        assert (
            sum(text.startswith(f"CREATE EXTERNAL TABLE IF NOT EXISTS {table} (`customer_key`") for text in texts) == 1
        )
        assert f"s3://scrm-data/kpi/customer_months/{MARCH.partitions[0]}/" in "".join(texts)
        assert any(text.endswith("SELECT * FROM months WHERE customer_key <> 'it''s'") for text in texts)
        asked.query("SELECT 1 FROM months", [MARCH], {})
        assert len(athena.list_query_executions(WorkGroup="scrm")["QueryExecutionIds"]) == 4


class FakeAthena:
    """Ends every query as told; `states` are told one a look."""

    def __init__(self, *states: Mapping[str, Any]) -> None:
        self.states = list(states)
        self.stopped: list[str] = []

    def start_query_execution(self, **asked: Any) -> dict[str, str]:
        return {"QueryExecutionId": "q1"}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"QueryExecution": {"Status": state}}

    def stop_query_execution(self, QueryExecutionId: str) -> None:  # noqa: N803 - AWS's name
        self.stopped.append(QueryExecutionId)


def test_what_scans_more_than_the_workgroup_allows_is_too_much() -> None:
    athena = FakeAthena(
        {"State": "CANCELLED", "StateChangeReason": "Query cancelled: Bytes scanned limit was exceeded"}
    )

    with pytest.raises(TooMuchSelectedError, match="choose fewer days"):
        engine(athena).query("SELECT 1 FROM months", [MARCH], {})


def test_a_refused_query_is_told_by_its_id_and_never_by_what_it_asked() -> None:
    reason = "line 1:8: Column 'wm_secret_customer' cannot be resolved"
    athena = FakeAthena({"State": "FAILED", "StateChangeReason": reason, "AthenaError": {"ErrorCategory": 2}})

    with pytest.raises(SqlFailedError) as refused:
        engine(athena).query("SELECT 1 FROM months", [MARCH], {})

    assert str(refused.value) == "Athena ended query q1 as FAILED 2"


def test_a_query_that_takes_too_long_is_stopped() -> None:
    athena = FakeAthena({"State": "RUNNING"})

    with pytest.raises(SqlFailedError, match="in time"):
        engine(athena, within_s=lambda: 3.0).query("SELECT 1 FROM months", [MARCH], {})

    assert athena.stopped == ["q1"]


def test_a_statement_that_begins_with_tables_of_its_own_keeps_them_after_its_datasets() -> None:
    text = with_tables("\nWITH told AS (SELECT 1 FROM months) SELECT * FROM told", [(MONTHS, ("a",))], "scrm")

    assert text == (
        f"WITH months AS (SELECT customer_key, aum_fen FROM scrm.{table_of(MONTHS)} WHERE selected_place IN ('a')), "
        " told AS (SELECT 1 FROM months) SELECT * FROM told"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a'; DROP TABLE x --", "'a''; DROP TABLE x --'"),
        (None, "NULL"),
        (True, "true"),
        (-3, "-3"),
        (0.1, "CAST('0.1' AS DOUBLE)"),
        (["a", "b'"], "CAST(ARRAY['a', 'b'''] AS ARRAY(VARCHAR))"),
        ([], "CAST(ARRAY[] AS ARRAY(VARCHAR))"),
    ],
)
def test_a_value_stays_a_value(value: Any, text: str) -> None:
    assert literal(value) == text


def test_a_value_with_control_characters_is_refused() -> None:
    with pytest.raises(ValueError, match="control"):
        literal("a\x00b")


def test_what_looks_like_a_parameter_inside_a_text_is_none() -> None:
    assert rendered("SELECT '$a', 'it''s $b', $c", {"c": "$a"}) == "SELECT '$a', 'it''s $b', '$a'"


def test_a_dataset_whose_columns_changed_gets_another_table() -> None:
    wider: Sequence[str] = (*MONTHS.columns, "tier")
    other = Dataset(MONTHS.name, MONTHS.prefix, dict.fromkeys(wider, "VARCHAR"), ())

    assert table_of(MONTHS).startswith("customer_months_")
    assert table_of(other) != table_of(MONTHS)
