"""The operations. Each one sees only what lies at or below the caller's organisation node (invariant 7)."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from scrm.handover.model import CaseState, EdgeState
from scrm.handover.queries import CaseDetail, CaseSummary, EdgeRow
from scrm.audit.model import AuditEntry
from scrm.org.queries import Rejection
from scrm.paging import Page
from scrm.runtime.http import models
