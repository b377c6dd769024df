"""What a bank decides about handovers: the document of the topic ``handover``, with the defaults the code ships."""

from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

TOPIC: Final = "handover"

type Wait = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=90))]


def _rising(found: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    if any(later <= earlier for earlier, later in pairwise(found)):
        raise PydanticCustomError("rising", "each time must be later than the one before")
    return found


class GreetingText(BaseModel):
    """What customers of a node, and of those below it, read when they are moved on the job."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    node_id: str = Field(default="", max_length=64, description="Whose customers read it; empty for the whole bank.")
    text: str = Field(min_length=1, max_length=200, description="What the customer reads, without names.")
    approved_by: str = Field(min_length=1, max_length=128, description="Who approved the text.")


# Not validated, so that no validator is built at every cold start; a test validates it.
STANDARD_GREETING: Final = GreetingText.model_construct(
    text="您好，因工作安排，您的客户经理已调整，今后由我继续为您服务。如有任何需要，请随时与我联系。",
    approved_by="standard_text",
)


def _one_per_node(found: tuple[GreetingText, ...]) -> tuple[GreetingText, ...]:
    if len({each.node_id for each in found}) < len(found):
        raise PydanticCustomError("one_per_node", "each node may have one text")
    return found


class HandoverDocument(BaseModel):
    """Durations are ISO 8601 in JSON (``PT24H``). WeCom's own limits are not the bank's to set and are not here."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    confirmation_wait: Wait = Field(
        default=timedelta(hours=24),
        description="How long a deleted account that HR knows nothing of waits for a confirmation.",
    )
    start_days_before: int = Field(
        default=5, ge=3, le=60, description="On-job transfers start so many days before the last day; 3 fit a fallback."
    )
    rounds: int = Field(default=2, ge=1, le=5, description="How often a customer is asked before a person must act.")
    default_capacity: int = Field(
        default=5_000, ge=1, le=50_000, description="Customers a member may hold unless his own figure is set."
    )
    most_per_successor: int = Field(
        default=1_000, ge=1, description="Customers of one case that go to one taker HR did not name."
    )
    refusals_use_quota: bool = Field(
        default=True,
        description="A refused on-job transfer counts in 2 in 90 days. WeCom does not say (docs/wecom.md 6.2).",
    )
    quota_believed_for: Wait = Field(default=timedelta(days=30), description="How long a 40128 is believed.")
    account_check_interval: Wait = Field(
        default=timedelta(hours=6), description="How often WeCom is asked whether an account is gone."
    )
    account_ageing_after: Wait = Field(
        default=timedelta(days=3), description="When an account that is still there after the last day raises an alarm."
    )
    retry_interval: Wait = Field(default=timedelta(minutes=10), description="When postponed work is tried again.")
    poll_times: Annotated[tuple[Wait, ...], AfterValidator(_rising)] = Field(
        default=(
            timedelta(hours=1),
            timedelta(hours=4),
            timedelta(hours=12),
            timedelta(hours=24, minutes=2),
            timedelta(hours=26),
            timedelta(hours=30),
        ),
        min_length=1,
        max_length=20,
        description="When, after a call, its results are looked at; WeCom decides within 24 hours.",
    )
    late_poll_interval: Wait = Field(default=timedelta(hours=6), description="How often after the last of these.")
    attention_interval: Wait = Field(
        default=timedelta(days=1), description="How often a case that waits for a person is looked at."
    )
    undecided_after: Wait = Field(
        default=timedelta(hours=72), description="When a transfer WeCom never decided becomes a person's work."
    )
    manual_due_business_days: int = Field(
        default=3, ge=1, le=60, description="Working days a person has for a customer left to him."
    )
    leave_cover_days: int = Field(
        default=30,
        ge=1,
        le=366,
        description="A leave of at most so many days is covered and moves no customer; a longer one hands over.",
    )
    leave_ahead_days: int = Field(
        default=7, ge=0, le=90, description="Whose leave begins within so many days is no successor; 0: only today's."
    )
    roster_departing_percent: int = Field(
        default=20, ge=1, le=100, description="A roster file that lets more of the staff depart at once is refused."
    )
    tier_tags: dict[str, str] = Field(
        default_factory=dict, max_length=200, description="Corp tag id to the customer tier it stands for."
    )
    language_tags: dict[str, str] = Field(
        default_factory=dict, max_length=200, description="Corp tag id to the language the customer speaks."
    )
    tier_qualifications: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        max_length=50,
        description="Customer tier to the qualifications without which nobody may take over its customers.",
    )
    approval_above: int | None = Field(
        default=200,
        ge=0,
        description="A plan for more customers than this starts only after a second person's approval; null: never.",
    )
    approval_growth_percent: int = Field(
        default=5, ge=0, le=100, description="A plan that grew by more than this since its approval needs a new one."
    )
    approval_near: Wait = Field(
        default=timedelta(days=2), description="A plan that waits for approval so shortly before its start alarms."
    )
    four_eyes: frozenset[Literal["reassign", "close", "certificate_download"]] = Field(
        default=frozenset(), description="What a second person has to confirm before it is done."
    )
    decision_valid_for: Wait = Field(
        default=timedelta(days=3), description="How long a decision waits for a second person before it expires."
    )
    greetings: Annotated[tuple[GreetingText, ...], AfterValidator(_one_per_node)] = Field(
        default=(STANDARD_GREETING,),
        max_length=500,
        description="Approved texts for customers moved on the job; the nearest node upward counts, then the bank's.",
    )
    delivery_patience: Wait = Field(
        default=timedelta(hours=24),
        description="How long the end of a case waits for notes, tags, tasks and cards to reach the new owners.",
    )
