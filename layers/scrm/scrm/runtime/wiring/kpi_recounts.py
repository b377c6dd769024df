"""Joins wishes to have a day counted anew to the KPI table and the audit log."""

from scrm import clock
from scrm.aws.kpi_recounts import AuditedRecounts, DynamoRecounts
from scrm.kpi.recounts import Recounts
from scrm.runtime.wiring import admin_api
from scrm.runtime.wiring.tables import table


def recounts() -> Recounts:
    """For one request."""
    return Recounts(DynamoRecounts(table("KPI_TABLE")), AuditedRecounts(admin_api.audit_log()), clock.now)
