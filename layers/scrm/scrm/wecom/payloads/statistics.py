"""What WeCom counts of members and of customer groups (docs/wecom.md 18)."""

from scrm.wecom.payloads.base import Payload, Text


class BehaviourDay(Payload):
    """One member's day. ``reply_percentage`` (0 to 100) and ``avg_reply_time`` (minutes) are absent without chats."""

    stat_time: int
    chat_cnt: int = 0
    message_cnt: int = 0
    reply_percentage: float | None = None
    avg_reply_time: int | None = None
    negative_feedback_cnt: int = 0
    new_apply_cnt: int = 0
    new_contact_cnt: int = 0


class GroupFigures(Payload):
    new_chat_cnt: int = 0
    chat_total: int = 0
    chat_has_msg: int = 0
    new_member_cnt: int = 0
    member_total: int = 0
    member_has_msg: int = 0
    msg_total: int = 0


class OwnerGroups(Payload):
    """The figures of all groups of one owner."""

    owner: Text = ""
    data: GroupFigures = GroupFigures()
