"""A campaign under way, as its adapters write it down: the samples of T4 find what a usual invocation finds.

The task of the samples waits for its call, or for its member once it has a message, so that the first message leads
to a call of WeCom. All began an hour ago and the bank has no quiet hours: the figure is the same all day.
"""

from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from scrm import clock
from scrm.aws import org_items
from scrm.aws.campaign_table import DynamoCampaignStore
from scrm.aws.contact_items import customer_item
from scrm.aws.content_table import DynamoContents
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.settings_table import DynamoSettingsStore
from scrm.aws.table import Table, to_item
from scrm.aws.welcome_table import DynamoWelcomeRules
from scrm.campaign.model import Campaign, CampaignDefinition, RingProgress, RingShare, RingState
from scrm.campaign.task import SendTask, TaskState
from scrm.campaign.terms import CampaignState, Channel, ContentRef
from scrm.contacts.model import Customer
from scrm.content.hashing import hashes_of
from scrm.content.model import Activity, ContentKind, ContentState, ContentVersion, Draft, Scene, Step, Variant
from scrm.org.model import Member, MemberStatus
from scrm.settings.campaigns import TOPIC
from scrm.welcome.model import ANY_STATE, WelcomeRule

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CAMPAIGN_ID: Final = "camp_" + "a" * 26
TASK_ID: Final = "send_" + "a" * 26
MSGID: Final = "msgSAMPLE1"
OWNER: Final = "rm_li02"
CUSTOMERS: Final = tuple(f"wmSIM0000000000000000000000000A{number}" for number in range(1, 9))
_ACTIVITY_ID: Final = "act_" + "a" * 26
_NODE, _PATH = "11", "/1/11/"
_BEGAN, _ENDS = clock.now() - timedelta(hours=1), clock.now() + timedelta(days=30)
_NO_QUIET_HOURS: Final = {"quiet_from": "00:00", "quiet_until": "00:00"}


class _Written:
    """A client of DynamoDB that keeps what is put."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []

    def put_item(self, **request: Any) -> dict[str, Any]:
        self.items.append(request["Item"])
        return {}

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.items += [entry["Put"]["Item"] for entry in TransactItems]
        return {}


def stored_items(task_state: TaskState) -> list[dict[str, Any]]:
    """Items as DynamoDB answers them in JSON; ``task_state`` is planned, or waiting for its member."""
    written = _Written()
    table = Table(cast("DynamoDBClient", written), "any")
    version = _version()
    content = ContentRef(_ACTIVITY_ID, 1, dict(version.hashes)[Scene.ONE_TO_ONE])
    DynamoContents(table).add(_activity(), version)
    DynamoCampaignStore(table).save(_campaign(content))
    DynamoTaskRepository(table).put_planned([_task(content, task_state)])
    DynamoSettingsStore(table).write(TOPIC, _NO_QUIET_HOURS, 0, "op_head", _BEGAN)
    DynamoWelcomeRules(table).save(WelcomeRule(_NODE, ANY_STATE, _ACTIVITY_ID, 1, content.content_hash, "op", _BEGAN))
    members = (_member(userid) for userid in (OWNER, "rm_wang01"))
    rows = [
        *(org_items.from_member(member, None) for member in members),
        *(customer_item(Customer(one, owner_userid=OWNER, owner_since=_BEGAN)) for one in CUSTOMERS),
    ]
    return [_in_json(item) for item in (*written.items, *map(to_item, rows))]


def _in_json(item: dict[str, Any]) -> dict[str, Any]:
    """Binary attributes travel in base64."""
    return {name: {"B": b64encode(value["B"]).decode()} if "B" in value else value for name, value in item.items()}


def _activity() -> Activity:
    return Activity(_ACTIVITY_ID, _NODE, "/1/", "示例活动", ContentKind.ACTIVITY, 1, _BEGAN)


def _version() -> ContentVersion:
    draft = Draft(
        title="示例活动",
        kind=ContentKind.ACTIVITY,
        selling_point="示例",
        target_kpi="aum",
        compliance_label="none",
        valid_from=_BEGAN,
        valid_until=_ENDS,
        variants=((Scene.ONE_TO_ONE, Variant("您好，这是一条示例消息。")),),
    )
    steps = (Step(ContentState.DRAFT, "op_maker", _BEGAN), Step(ContentState.RELEASED, "op_checker", _BEGAN))
    hashes = hashes_of(_ACTIVITY_ID, 1, draft)
    return ContentVersion(_ACTIVITY_ID, 1, "1", "/1/", draft, hashes, ContentState.RELEASED, steps)


def _campaign(content: ContentRef) -> Campaign:
    """Its last ring is being sent; eight customers fell to it."""
    ring = RingProgress("all", RingState.DISPATCHING, RingShare(1, len(CUSTOMERS)), _BEGAN)
    return Campaign(
        campaign_id=CAMPAIGN_ID,
        definition=CampaignDefinition("示例", _NODE, Channel.ONE_TO_ONE, "aum", content, "seg_sample"),
        node_path=_PATH,
        made_by="op_maker",
        made_at=_BEGAN,
        state=CampaignState.DISPATCHING,
        starts_at=_BEGAN,
        snapshot_id="snap_sample",
        rings=(ring,),
        expires_at=_ENDS,
        due_at=_BEGAN,
    )


def _task(content: ContentRef, state: TaskState) -> SendTask:
    is_waiting = state is TaskState.WAITING
    return SendTask(
        task_id=TASK_ID,
        campaign_id=CAMPAIGN_ID,
        ring="all",
        owner_userid=OWNER,
        channel=Channel.ONE_TO_ONE,
        chunk=0,
        content=content,
        target_ids=CUSTOMERS,
        touch_id="touch_" + "a" * 26,
        planned_at=_BEGAN,
        expires_at=_ENDS,
        node_path=_PATH,
        state=state,
        msgid=MSGID if is_waiting else "",
        created_at=_BEGAN if is_waiting else None,
        first_created_at=_BEGAN if is_waiting else None,
        alive_until=_BEGAN + timedelta(hours=24) if is_waiting else None,
        due_at=_BEGAN,
    )


def _member(userid: str) -> Member:
    return Member(userid, "示例", _NODE, _PATH, MemberStatus.ACTIVE, serves_customers=True, changed_at=_BEGAN)
