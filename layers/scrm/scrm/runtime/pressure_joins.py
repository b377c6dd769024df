"""Joins a bank's settings and its customers' owners to the contact-pressure ledger."""

from collections.abc import Sequence

from scrm.campaign.ports import Owners
from scrm.campaign.terms import Channel
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


class LedgerOwners:
    """Implements `scrm.pressure.personal.TargetOwners` on what the dispatch asks."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners

    def owners_of(self, pressure_class: PressureClass, target_ids: Sequence[str]) -> dict[str, str]:
        channel = Channel.GROUP if pressure_class is PressureClass.GROUP else Channel.ONE_TO_ONE
        return self._owners.owners_of(channel, target_ids)
