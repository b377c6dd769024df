"""Compliance officers' API, HTTP API /v1/archive/...: what reads conversations, apart from what operators do."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from scrm.runtime.invocation import entrypoint
from scrm.runtime.http.app import answer


@entrypoint
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer(event, context)
