"""The API as one function from event to response: identify, answer, record."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from scrm.audit.log import AuditContentionError
from scrm.runtime.http import families, problems, routing
from scrm.runtime.http.caller import claims_of, identify
from scrm.runtime.http.operation import Operation, outcome_of
from scrm.runtime.observability import count, logger
from scrm.runtime.wiring import admin_api as wiring

_UNAVAILABLE = (BotoCoreError, ClientError, AuditContentionError)

problems.install(routing.router)


def answer(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload format 2.0); an answer that cannot be audited is not given."""
    operation = Operation.of(event)
    reply = _reply(event, context, operation)
    try:
        entry = operation.record(wiring.audit_log(), reply["statusCode"])
    except _UNAVAILABLE as error:
        return problems.as_reply(problems.failed(error))
    count("RequestAnswered", outcome=outcome_of(reply["statusCode"]))
    logger.info(
        "request answered",
        operation=operation.action,
        status=reply["statusCode"],
        audit_chain=entry.chain_id,
        audit_sequence=entry.sequence,
        audit_hash=entry.entry_hash,
    )
    return reply


def _reply(event: dict[str, Any], context: LambdaContext, operation: Operation) -> dict[str, Any]:
    try:
        operation.caller = identify(claims_of(event), wiring.org_queries())
    except problems.ProblemError as problem:
        return problems.as_reply(problems.describe(problem))
    except _UNAVAILABLE as error:
        return problems.as_reply(problems.failed(error))
    families.load(operation.path)
    routing.router.append_context(**{routing.OPERATION: operation})  # type: ignore[no-untyped-call]
    return routing.router.resolve(event, context)
