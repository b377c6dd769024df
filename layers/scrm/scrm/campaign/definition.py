"""Whether a definition could ever run: everything that is wrong with it, at once."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from scrm.campaign.model import CampaignDefinition, Ring
from scrm.campaign.refusals import InvalidCampaignError
from scrm.campaign.terms import PERSONAL, Channel

_LONGEST_DEADLINE: Final = timedelta(days=14)
_MOST_RINGS: Final = 20
_RING_NAME: Final = re.compile(r"[a-z0-9_-]{1,32}")


def check(definition: CampaignDefinition) -> None:
    """Raises InvalidCampaignError with every problem found."""
    problems = [*_own_problems(definition), *_ring_problems(definition.rings)]
    if problems:
        raise InvalidCampaignError(problems)


def in_order(rings: Sequence[Ring]) -> tuple[Ring, ...]:
    """The rings from the first to the last, as ``after`` chains them. Raises InvalidCampaignError."""
    problems = _ring_problems(rings)
    if problems:
        raise InvalidCampaignError(problems)
    return _chain(rings)


def _own_problems(definition: CampaignDefinition) -> list[tuple[str, str]]:
    problems = []
    if not definition.target_kpi:
        problems.append(("target_kpi", "a campaign needs a target KPI: say which figure it is to move"))
    if not timedelta(0) < definition.deadline <= _LONGEST_DEADLINE:
        problems.append(("deadline", "a member's time to confirm lies between a moment and 14 days"))
    if definition.blast_radius is not None and definition.blast_radius < 1:
        problems.append(("blast_radius", "at least one customer, or leave it out"))
    if not 0 <= definition.least_need <= 100:  # noqa: PLR2004 - said in the sentence
        problems.append(("least_need", "a need is 1 to 100; 0 asks for none"))
    if definition.least_need and definition.channel not in PERSONAL:
        problems.append(("least_need", f"a {definition.channel} campaign reaches nobody for his own need"))
    if not 0 <= definition.holdout_percent <= 50:  # noqa: PLR2004 - said in the sentence
        problems.append(("holdout_percent", "a holdout keeps 0 to 50 percent back"))
    if definition.channel is Channel.MOMENTS and definition.blast_radius is not None:
        problems.append(("blast_radius", "a moment reaches all customers of its members; limit it by rings"))
    if definition.channel not in PERSONAL and definition.holdout_percent:
        problems.append(("holdout_percent", f"a {definition.channel} campaign cannot keep single customers back"))
    return problems


def _ring_problems(rings: Sequence[Ring]) -> list[tuple[str, str]]:
    return [("rings", sentence) for sentence in _name_problems(rings) or _chain_problems(rings)]


def _name_problems(rings: Sequence[Ring]) -> list[str]:
    if not 1 <= len(rings) <= _MOST_RINGS:
        return [f"a campaign has 1 to {_MOST_RINGS} rings"]
    if any(not _RING_NAME.fullmatch(ring.name) for ring in rings):
        return ["a ring's name has 1 to 32 small letters, digits, hyphens or underscores"]
    uses = Counter(ring.name for ring in rings)
    twice = [f"the name {name} is given twice" for name, times in sorted(uses.items()) if times > 1]
    unknown = sorted({ring.after for ring in rings} - set(uses) - {""})
    return twice + [f"{name} is named as an earlier ring and is none" for name in unknown]


def _chain_problems(rings: Sequence[Ring]) -> list[str]:
    """Rings form one chain: one first ring, each other after a known one, none after two, no circle."""
    if len({ring.after for ring in rings}) < len(rings):
        return ["two rings come after the same one, or two are the first"]
    chain = _chain(rings)
    if len(chain) < len(rings):
        return ["the rings go in a circle: one comes first, and each other one names its predecessor"]
    if any(not ring.node_ids for ring in chain[:-1]):
        return ["only the last ring may be open to everybody else"]
    return []


def _chain(rings: Sequence[Ring]) -> tuple[Ring, ...]:
    """From the first ring as far as the chain goes; a circle that it cannot reach is left out."""
    following = {ring.after: ring for ring in rings}
    ordered: list[Ring] = []
    while (ring := following.pop(ordered[-1].name if ordered else "", None)) is not None:
        ordered.append(ring)
    return tuple(ordered)
