"""A member tells with a corp tag that his customer wants no marketing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from scrm.consent.consents import ConsentDesk, Heard
from scrm.consent.model import ConsentAnswer, ConsentSource, Statement


@dataclass(frozen=True, slots=True)
class Tagging:
    """The corp tags that a member's customer has, as of a change by the member at that moment."""

    userid: str
    external_userid: str
    tag_ids: Sequence[str]
    at: datetime


def tagged(desk: ConsentDesk, opt_out_tag_ids: Collection[str], tagging: Tagging) -> Heard | None:
    """Hear an opt-out, if one of the tags is one and none stands; None otherwise.

    A tag that is taken away lifts nothing, and one that stays repeats the opt-out at the member's next change: only
    somebody who was told so by the customer lifts it. Raises ConsentBusyError.
    """
    if not set(opt_out_tag_ids).intersection(tagging.tag_ids):
        return None
    standing = desk.consents.standing_of(tagging.external_userid)
    if standing is not None and standing.answer is ConsentAnswer.OPTED_OUT:
        desk.follow(tagging.external_userid, standing)  # perhaps a crash kept it from the owner, or from his tasks
        return None
    opted_out, by_tag = ConsentAnswer.OPTED_OUT, ConsentSource.TAG
    cause = by = tagging.userid
    return desk.hear(Statement(tagging.external_userid, opted_out, by_tag, tagging.at, cause, by))
