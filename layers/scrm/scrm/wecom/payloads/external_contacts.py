"""What customer contact answers of customers and those who follow them (docs/wecom.md 5)."""

from pydantic import Field

from scrm.wecom.payloads.base import Items, Moment, Payload, Text


class ExternalContact(Payload):
    """``type`` 1 is a WeChat user, 2 a WeCom user of another corp. The name is personal data: never log it."""

    external_userid: str
    name: Text = Field("", repr=False)
    type: int = 0
    unionid: Text = Field("", repr=False)


class FollowTag(Payload):
    """``type`` 1 corp tag, 2 personal (no id), 3 strategy group."""

    group_name: Text = ""
    tag_name: Text = ""
    tag_id: Text = ""
    type: int = 0


class _Follow(Payload):
    userid: str
    remark: Text = Field("", repr=False)
    description: Text = Field("", repr=False)
    createtime: Moment = None
    add_way: int = 0
    state: Text = ""
    oper_userid: Text = ""


class FollowUser(_Follow):
    """A follower in externalcontact/get."""

    tags: Items[FollowTag] = ()


class FollowInfo(_Follow):
    """The follower in batch/get_by_user: tag ids only (docs/wecom.md 5.4)."""

    tag_id: Items[str] = ()


class Relation(Payload):
    """One customer as one member's: a customer with two followers comes twice."""

    external_contact: ExternalContact
    follow_info: FollowInfo
