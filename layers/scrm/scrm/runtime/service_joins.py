"""Joins the bank's word on service to how it is measured."""

from scrm.service.quality import ServiceSettings
from scrm.service.working_time import WorkingTime
from scrm.settings.service import ServiceDocument


def service_settings(document: ServiceDocument) -> ServiceSettings:
    open_hours = WorkingTime(
        opens=document.opens,
        closes=document.closes,
        holidays=frozenset(document.holidays),
        working_weekends=frozenset(document.working_weekends),
    )
    return ServiceSettings(open_hours, document.answer_within, document.horizon_days)
