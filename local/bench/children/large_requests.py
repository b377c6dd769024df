"""Client CPU of DynamoDB requests of at least 25 items: our session's client against boto3's as it comes.

Prints medians of same-round ratios; the network is stubbed at ``before-send``.
"""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import boto3

from local.bench.children.stub import stub_aws
from scrm.aws import session

ROUNDS, PER_ROUND = 40, 4
ATTRIBUTES: dict[str, Any] = {
    **{f"text{number}": {"S": "wmSIM0000000000000000000000000A1"} for number in range(6)},
    **{f"count{number}": {"N": str(number)} for number in range(3)},
}

stub_aws({"aws": {}})
ours, default = session.client("dynamodb"), boto3.client("dynamodb")


def item(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"OWNER#{number}"}, "sk": {"S": f"CUSTOMER#{number}"}, **ATTRIBUTES}


def batch_write(client: Any) -> None:
    client.batch_write_item(RequestItems={"contacts": [{"PutRequest": {"Item": item(n)}} for n in range(25)]})


def transact_write(client: Any) -> None:
    puts = [
        {"Put": {"TableName": "contacts", "Item": item(n), "ConditionExpression": "attribute_not_exists(pk)"}}
        for n in range(100)
    ]
    client.transact_write_items(TransactItems=puts)


def cpu_s(work: Callable[[Any], None], client: Any) -> float:
    started = time.process_time()
    for _ in range(PER_ROUND):
        work(client)
    return time.process_time() - started


def ratio(work: Callable[[Any], None]) -> float:
    cpu_s(work, ours)
    cpu_s(work, default)
    return statistics.median(cpu_s(work, ours) / cpu_s(work, default) for _ in range(ROUNDS))


print(json.dumps({"batch_write_25": ratio(batch_write), "transact_write_100": ratio(transact_write)}))
