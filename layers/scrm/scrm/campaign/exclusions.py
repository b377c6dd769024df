"""Whom a campaign leaves out before a task is written: holdout, permission, and the rules of the audience."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from scrm.campaign.checks import Refusal
from scrm.campaign.dispatch_errors import ContentRefusedError
from scrm.campaign.model import Campaign
from scrm.campaign.ports import ApprovedContent, ApprovedContents, CustomerNeeds, ProductPermissions, RecipientRules
from scrm.campaign.task import Need
from scrm.campaign.terms import PERSONAL


@dataclass(frozen=True, slots=True)
class Judged:
    """Some customers of one owner: why who gets nothing, and which needs of the others the content answers."""

    reasons: Mapping[str, str]
    needs: Mapping[str, Need] = field(default_factory=dict)

    def rank_of(self, target_id: str) -> int:
        """His need, 0 for none; whoever is left out comes last."""
        if target_id in self.reasons:
            return -1
        need = self.needs.get(target_id)
        return need.score if need else 0


@dataclass(frozen=True, slots=True)
class Exclusions:
    """The same for the count that is approved and for the plan; the worker asks permission and rules once more."""

    contents: ApprovedContents
    permissions: ProductPermissions
    rules: RecipientRules
    needs: CustomerNeeds

    def content(self, campaign: Campaign, at: datetime) -> ApprovedContent | None:
        """None when it may not be sent: nobody is left out here then, the worker ends each with that reason."""
        definition = campaign.definition
        try:
            return self.contents.approved(definition.content, definition.channel, at)
        except ContentRefusedError:
            return None

    def judge(
        self, campaign: Campaign, content: ApprovedContent | None, userid: str, target_ids: Sequence[str], at: datetime
    ) -> Judged:
        """Of customers of one owner. Whoever must not get the content has no need of it."""
        reasons = self._reasons(campaign, content, userid, target_ids, at)
        definition = campaign.definition
        rest = _without(reasons, target_ids)
        if content is None or not rest or definition.channel not in PERSONAL:
            return Judged(reasons)
        needs = self.needs.of(userid, rest, content, at)
        least = definition.least_need
        low = [one for one in rest if (needs[one].score if one in needs else 0) < least] if least else []
        return Judged(reasons | dict.fromkeys(low, Refusal.NEED_TOO_LOW), needs)

    def _reasons(
        self, campaign: Campaign, content: ApprovedContent | None, userid: str, target_ids: Sequence[str], at: datetime
    ) -> dict[str, str]:
        percent = campaign.definition.holdout_percent
        held_out = [one for one in target_ids if is_held_out(campaign.campaign_id, one, percent)] if percent else []
        reasons: dict[str, str] = dict.fromkeys(held_out, Refusal.HOLDOUT)
        rest = _without(reasons, target_ids)
        if content is None or not rest:
            return reasons
        product = content.product_id
        if product and userid not in self.permissions.permitted(product, [userid], at):
            return reasons | dict.fromkeys(rest, Refusal.PRODUCT_NOT_PERMITTED)
        return reasons | self.rules.exclusions(userid, rest, content, campaign.definition.channel, at)


def _without(reasons: Mapping[str, str], target_ids: Sequence[str]) -> Sequence[str]:
    """Most campaigns leave nobody out: a hundred million customers are not copied for it (T6)."""
    return [one for one in target_ids if one not in reasons] if reasons else target_ids


def is_held_out(campaign_id: str, target_id: str, percent: int) -> bool:
    """The same customers whoever asks, and others in each campaign."""
    digest = hashlib.blake2b(f"{campaign_id}#{target_id}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) % 100 < percent
