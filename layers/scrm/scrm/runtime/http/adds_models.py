"""Judged adds and appeals on the wire. Of the customer nothing is told but his external_userid."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field

from scrm.adds import appeals
from scrm.adds.model import Answer, Finding, Judgement, Rule, State
from scrm.runtime.http.wire import Asked, Page, Reply, Timestamp
from scrm.settings.adds import AddsDocument
from scrm.two_persons import RequestState

type Reason = Annotated[str, Field(min_length=1, max_length=appeals.LONGEST_REASON)]
_TIER = "tier"


class AddAppeal(Reply):
    """``rules``: those that had failed. ``counted_on``: the day of the judging that took it up, None before."""

    add_ref: str
    node_id: str
    userid: str
    rules: list[Rule]
    reason: str
    valid_until: Timestamp
    state: RequestState
    requested_by: str
    requested_at: Timestamp
    decided_by: str
    decided_at: Timestamp | None
    note: str
    counted_on: date | None

    @classmethod
    def of(cls, found: appeals.Appeal) -> Self:
        own = ("state", "requested_by", "requested_at", "decided_by", "decided_at", "note", "counted_on")
        wanted = ("userid", "reason", "valid_until")
        return cls(
            add_ref=found.appeal_id,
            node_id=_node_of(found.wanted.node_path),
            rules=sorted(found.wanted.rules),
            **{name: getattr(found, name) for name in own},
            **{name: getattr(found.wanted, name) for name in wanted},
        )


class AddAppealPage(Page):
    items: list[AddAppeal]


class JudgedAdd(Reply):
    """``counts``: as a valid add, by its state or on appeal. ``reasons``: the rules that failed, or that wait."""

    add_ref: str = Field(description="Its id here: the business day of the add, the branch, the add.")
    added_at: Timestamp
    userid: str
    node_id: str
    external_userid: str
    state: State
    counts: bool
    reasons: list[Rule]
    rules_version: int = Field(description="That of the settings ``adds``; 0: the code's own defaults.")
    judged_on: date
    appeal: AddAppeal | None

    @classmethod
    def of(cls, found: Judgement, appeal: appeals.Appeal | None) -> Self:
        return cls(**_told(found, appeal))


class JudgedAddPage(Page):
    items: list[JudgedAdd]


class RuleFinding(Reply):
    """What a rule said, and the figures it saw beside the limits it held them against."""

    rule: Rule
    answer: Answer
    saw: dict[str, int | str]

    @classmethod
    def of(cls, found: Finding) -> Self:
        """The customer's tier is told only where it made the rule fail."""
        hidden = {_TIER} if found.answer is not Answer.FAILS else set()
        return cls(
            rule=found.rule,
            answer=found.answer,
            saw={name: value for name, value in found.saw.items() if name not in hidden},
        )


class ExplainedAdd(JudgedAdd):
    """``lost_at``: when the contact ended."""

    lost_at: Timestamp | None
    findings: list[RuleFinding]

    @classmethod
    def of(cls, found: Judgement, appeal: appeals.Appeal | None) -> Self:
        findings = [RuleFinding.of(each) for each in found.findings]
        return cls(**_told(found, appeal), lost_at=found.evidence.add.lost_at, findings=findings)


class AppealRequest(Asked):
    reason: Reason


class AppealDecision(Asked):
    note: Reason


class AddsSettings(Reply):
    """What is in force; ``given`` names what the bank set itself. ``is_valid`` False: the stored document is none."""

    version: int
    is_valid: bool
    given: list[str]
    settings: AddsDocument


class AddsSettingsRequest(Asked):
    """The whole document, over the version that was read; 0 when nothing was set yet."""

    version: int = Field(ge=0)
    settings: AddsDocument


def _told(found: Judgement, appeal: appeals.Appeal | None) -> Mapping[str, Any]:
    add = found.evidence.add
    return {
        "add_ref": add.place.ref,
        "added_at": add.added_at,
        "userid": add.userid,
        "node_id": _node_of(add.node_path),
        "external_userid": add.external_userid,
        "state": found.state,
        "counts": found.counts,
        "reasons": list(found.reasons),
        "rules_version": found.rules_version,
        "judged_on": found.judged_on,
        "appeal": AddAppeal.of(appeal) if appeal else None,
    }


def _node_of(path: str) -> str:
    return path.strip("/").rpartition("/")[2]
