"""What can be wrong about KPIs. The texts are for the operator."""


class KpiError(Exception):
    """Base of the family."""


class InvalidCatalogueError(KpiError):
    """A definition cannot be computed or contradicts another. ``kpi``: which one."""

    def __init__(self, kpi: str, text: str) -> None:
        super().__init__(text)
        self.kpi = kpi


class UnknownKpiError(KpiError):
    """The catalogue has no such KPI."""


class ReportRefusedError(KpiError):
    """The report cannot be made so; the text says what to do."""
