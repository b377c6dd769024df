"""Joins a bank's settings to the contact-pressure ledger."""

from scrm.pressure.exceptions import PressureRules
from scrm.pressure.model import PressureClass
from scrm.settings.pressure import PressureDocument


def pressure_rules(settings: PressureDocument) -> PressureRules:
    return PressureRules(
        caps={
            PressureClass.PUSH: settings.pushes_per_week,
            PressureClass.MOMENTS: settings.moments_per_week,
            PressureClass.GROUP: settings.group_posts_per_week,
        },
        most_by_exception=settings.most_by_exception,
        longest_exception=settings.longest_exception,
    )
