"""One request as the audit log sees it: who, which operation, on what, how it ended."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from scrm import clock
from scrm.audit.log import AuditLog
from scrm.audit.model import AuditEntry
from scrm.node_paths import ROOT_PATH
from scrm.runtime.http.caller import Caller

# /v1/<collection>/<id>/<part>/<piece>/<step>; anything else has no operation of ours behind it and is not repeated.
_PATH = re.compile(
    r"/v1/(?P<collection>archive/(?:accesses|deletion-requests|exports|holds|messages|retention)"
    r"|[a-z-]{1,24}(?:/customers)?)(?:/(?P<id>[!-.0-~]{1,64})"
    r"(?:/(?P<part>[a-z-]{1,24})(?:/(?P<piece>[!-.0-~]{1,64})(?:/(?P<step>[a-z-]{1,24}))?)?)?)?/?"
)
_AS_ACTION = str.maketrans("/-", "._")
_OUTCOMES = {
    HTTPStatus.BAD_REQUEST: "invalid",
    HTTPStatus.FORBIDDEN: "not_allowed",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.CONFLICT: "refused",
    HTTPStatus.PRECONDITION_FAILED: "refused",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid",
}


@dataclass(slots=True)
class Operation:
    """``subject`` is what the request was about: the ids in its path, or what the operation made, or the node read.

    Without a caller the entry goes to head office's chain, where someone looks at refused requests.
    """

    path: str
    action: str
    subject: str
    started_at: datetime
    caller: Caller | None = None

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Operation":
        request = APIGatewayProxyEventV2(dict(event))
        found = _PATH.fullmatch(request.path)
        words = [found["collection"], found["part"], found["step"]] if found else ["unknown"]
        action = ".".join(["api", request.http_method.lower(), *(word.translate(_AS_ACTION) for word in words if word)])
        ids = [found["id"], found["piece"]] if found else []
        return cls(request.path, action, "/".join(each for each in ids if each), clock.now())

    def record(self, log: AuditLog, status: int) -> AuditEntry:
        """Write the request to the audit log."""
        caller = self.caller
        return log.record(
            actor=f"operator:{caller.subject if caller else 'unknown'}",
            action=self.action,
            subject=self.subject or f"node:{caller.node.node_id if caller else 'unknown'}",
            node_path=caller.node.path if caller else ROOT_PATH,
            outcome=outcome_of(status),
            at=self.started_at,
        )


def outcome_of(status: int) -> str:
    """The audit log's word for an HTTP status."""
    if status < HTTPStatus.BAD_REQUEST:
        return "done"
    return _OUTCOMES.get(HTTPStatus(status), "failed")
