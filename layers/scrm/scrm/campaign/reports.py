"""What WeCom tells of a task's customers, read page by page."""

from dataclasses import dataclass, field

from scrm.campaign.ports import MassMessages
from scrm.campaign.task import PENDING, RecipientState, Result, SendTask
from scrm.campaign.terms import Channel


@dataclass(frozen=True, slots=True)
class Reports:
    """``rows`` by customer; ``confirmed`` says whether every member has confirmed.

    Once all is told (``complete``) a customer in no row was given to nobody. It is not while somebody's rows were not
    asked for, nor where members have not confirmed and none of their rows shows: of a cancelled message WeCom may hide
    what was not sent. It lists a group only once it was sent to, and who is shown a moment only once it was published:
    the others have a pending row here.
    """

    rows: dict[str, Result] = field(default_factory=dict)
    confirmed: bool = False
    complete: bool = False


def read(messages: MassMessages, task: SendTask, *, everybody: bool) -> Reports:
    """The rows of members who confirmed, or of ``everybody``: whoever has not confirmed has nothing to tell yet.

    Settles by the member WeCom names: it may give a customer to another follower than the sender. Raises
    DispatchPostponedError, SendRefusedError; a list that was interrupted is read again from its start.
    """
    members = list(messages.members(task.msgid))
    ours = set(task.target_ids)
    rows: dict[str, Result] = {}
    for userid, has_confirmed in members:
        if not (has_confirmed or everybody):
            continue
        by = "" if userid == task.owner_userid else userid
        rows.update(
            (target_id, result._replace(by=by))
            for target_id, result in messages.results(task.msgid, userid)
            if target_id in ours
        )
    if members and task.channel is Channel.GROUP:
        rows = dict.fromkeys(ours, PENDING) | rows
    confirmed = bool(members) and all(has_confirmed for _, has_confirmed in members)
    if members and not confirmed and task.channel is Channel.MOMENTS:
        rows = dict.fromkeys(ours, PENDING) | rows
    shows_unsent = any(result.state is RecipientState.PENDING for result in rows.values())
    return Reports(rows, confirmed, complete=confirmed or (everybody and (shows_unsent or not members)))
