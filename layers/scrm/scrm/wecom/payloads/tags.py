"""What the corp tag library answers."""

from scrm.wecom.payloads.base import Items, Moment, Payload, Text


class CorpTag(Payload):
    id: str
    name: Text = ""
    create_time: Moment = None
    order: int = 0
    deleted: bool = False


class TagGroup(Payload):
    group_id: str
    group_name: Text = ""
    create_time: Moment = None
    order: int = 0
    deleted: bool = False
    tag: Items[CorpTag] = ()
