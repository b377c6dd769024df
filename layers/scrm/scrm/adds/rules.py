"""The limits of the rules, one by one; a bank sets them, and the code's defaults are documented."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AddRules:
    """``kept_days``: how long a contact must last. ``link_days``: how long an identity link is waited for.

    ``staff_tiers``: tiers of the customer master that mean the bank's own people. ``many_adders``: so many members
    within 30 days. A burst is a day with at least ``burst_adds`` adds and ``burst_times_usual`` times what is usual
    for the member; it is bought when ``burst_signals`` of the four shares in percent reach their limits.
    ``elsewhere_percent`` of a member's linked adds of 30 days, at least ``elsewhere_adds`` of them: then those from
    other branches do not count.
    """

    kept_days: int = 7
    link_days: int = 35
    staff_tiers: frozenset[str] = frozenset({"staff"})
    many_adders: int = 3
    burst_adds: int = 15
    burst_times_usual: int = 3
    burst_signals: int = 2
    burst_unlinked_percent: int = 40
    burst_elsewhere_percent: int = 40
    burst_lost_percent: int = 20
    burst_shared_percent: int = 20
    elsewhere_percent: int = 40
    elsewhere_adds: int = 10
