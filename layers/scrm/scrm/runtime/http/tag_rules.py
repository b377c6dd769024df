"""Rules of automatic tags: which corp tags new customers get, released by a second person (S22)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from scrm.runtime.http.content_requests import issuing_caller, once
from scrm.runtime.http.problems import NoSuchThingError, ProblemError, sentence
from scrm.runtime.http.routing import (
    Cursor,
    IdempotencyKey,
    Limit,
    NodeId,
    current_caller,
    json_reply,
    list_of,
    responses,
    router,
    scope,
)
from scrm.runtime.http.wire import Asked, NodeText, Page, Reply, Timestamp
from scrm.runtime.wiring import admin_api as wiring
from scrm.tagging import model
from scrm.tagging.desk import (
    MOST_CONDITIONS,
    MOST_TAGS,
    InvalidRuleError,
    StaleRuleError,
    StepRefusedError,
    UnknownRuleError,
)
from scrm.tagging.model import MissingTag, RuleState
from scrm.wecom.limits import STATE_LENGTH, TAG_NAME_LENGTH

_MAKING = "Making rules of automatic tags"
RuleId = Annotated[str, Path(max_length=64, description="The rule's id.")]
TagName = Annotated[str, Field(min_length=1, max_length=TAG_NAME_LENGTH)]
Way = Annotated[str, Field(min_length=1, max_length=STATE_LENGTH)]
Tier = Annotated[str, Field(min_length=1, max_length=64)]


class Wish(Asked):
    """Which new customers get which tags of ``group``; an empty condition holds for everybody."""

    name: str = Field(min_length=1, max_length=64)
    group: TagName
    tags: list[TagName] = Field(min_length=1, max_length=MOST_TAGS)
    came_by: list[Way] = Field(
        default_factory=list,
        max_length=MOST_CONDITIONS,
        description="States of contact ways; a way's id is its state, ``*`` is any way.",
    )
    tiers: list[Tier] = Field(
        default_factory=list, max_length=MOST_CONDITIONS, description="The bank's tiers of customers whom it knows."
    )
    missing: MissingTag = Field(default=MissingTag.CREATE, description="What to do where the corp lacks a tag.")

    def wish(self) -> model.RuleWish:
        return model.RuleWish(
            self.name, self.group, tuple(self.tags), tuple(self.came_by), tuple(self.tiers), self.missing
        )


class TagRuleRequest(Wish):
    """A new rule; without ``node_id`` it is made for the caller's own node."""

    node_id: NodeText | None = None


class TagRuleChange(Wish):
    """The whole draft, over the revision that was read."""

    revision: int = Field(ge=1)


class TagRuleStep(Asked):
    """A step of the very revision that was read."""

    revision: int = Field(ge=1)


class TagRule(Reply):
    rule_id: str
    node_id: str
    name: str
    group: str
    tags: list[str]
    came_by: list[str]
    tiers: list[str]
    missing: MissingTag
    state: RuleState
    made_at: Timestamp
    changed_by: str
    changed_at: Timestamp
    released_by: str
    released_at: Timestamp | None
    ended_by: str
    ended_at: Timestamp | None
    revision: int

    @classmethod
    def of(cls, rule: model.TagRule) -> Self:
        wish = rule.wish
        return cls(
            rule_id=rule.rule_id,
            node_id=rule.node_id,
            name=wish.name,
            group=wish.group,
            tags=list(wish.tags),
            came_by=list(wish.came_by),
            tiers=list(wish.tiers),
            missing=wish.missing,
            state=rule.state,
            made_at=rule.made_at,
            changed_by=rule.changed_by,
            changed_at=rule.changed_at,
            released_by=rule.released_by,
            released_at=rule.released_at,
            ended_by=rule.ended_by,
            ended_at=rule.ended_at,
            revision=rule.revision,
        )


class CountedTagRule(TagRule):
    """With how many customers it tagged: each once, by the day in Shanghai on which he came."""

    customers: int
    customers_by_day: dict[date, int]


class TagRulePage(Page):
    items: list[TagRule]


def _step() -> dict[int, Any]:
    return responses(HTTPStatus.OK, TagRule, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get(
    "/v1/tag-rules",
    operation_id="listTagRules",
    summary="A node's own rules of automatic tags.",
    tags=["tag rules"],
    responses=list_of(TagRulePage),
)
def list_rules(node_id: NodeId = None, cursor: Cursor = None, limit: Limit = 50) -> TagRulePage:
    scope(node_id)
    found = wiring.tag_rule_desk().store.of_node(node_id or current_caller().node.node_id, cursor, limit)
    return TagRulePage(items=[TagRule.of(each) for each in found.items], cursor=found.cursor)


@router.post(
    "/v1/tag-rules",
    operation_id="draftTagRule",
    summary="Draft a rule; a second person releases it. For operators of head office and of branches.",
    tags=["tag rules"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, TagRule, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
)
def draft_rule(key: IdempotencyKey, request: Annotated[TagRuleRequest, Body()]) -> Response[TagRule]:
    caller = issuing_caller(_MAKING)
    path, node_id = scope(request.node_id), request.node_id or caller.node.node_id

    def carry_out() -> str:
        made = wiring.tag_rule_desk().draft(node_id, path, request.wish(), caller.actor, key)
        return TagRule.of(made).model_dump_json()

    with _refusals():
        answer = once(f"tag rule {node_id}", key, request, carry_out)
    return json_reply(HTTPStatus.CREATED, TagRule.model_validate_json(answer))


@router.get(
    "/v1/tag-rules/<rule_id>",
    operation_id="getTagRule",
    summary="A rule, and how many customers it tagged.",
    tags=["tag rules"],
    responses=responses(HTTPStatus.OK, CountedTagRule, HTTPStatus.NOT_FOUND),
)
def get_rule(rule_id: RuleId) -> CountedTagRule:
    found = TagRule.of(_visible(rule_id))
    days = wiring.tag_tallies().per_day(rule_id)
    return CountedTagRule(**found.model_dump(), customers=sum(days.values()), customers_by_day=days)


@router.put(
    "/v1/tag-rules/<rule_id>",
    operation_id="changeTagRule",
    summary="Change a draft. For operators of head office and of branches.",
    tags=["tag rules"],
    responses=responses(HTTPStatus.OK, TagRule, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def change_rule(rule_id: RuleId, request: Annotated[TagRuleChange, Body()]) -> TagRule:
    caller = issuing_caller(_MAKING)
    _visible(rule_id)
    with _refusals():
        return TagRule.of(wiring.tag_rule_desk().change(rule_id, request.revision, request.wish(), caller.actor))


@router.post(
    "/v1/tag-rules/<rule_id>/release",
    operation_id="releaseTagRule",
    summary="Release a draft that somebody else wrote. For operators of head office and of branches.",
    tags=["tag rules"],
    responses=_step(),
)
def release_rule(rule_id: RuleId, key: IdempotencyKey, request: Annotated[TagRuleStep, Body()]) -> TagRule:
    del key  # a step that the caller made already is answered as it is
    caller = issuing_caller(_MAKING)
    _visible(rule_id)
    with _refusals():
        return TagRule.of(wiring.tag_rule_desk().release(rule_id, request.revision, caller.actor))


@router.post(
    "/v1/tag-rules/<rule_id>/retire",
    operation_id="retireTagRule",
    summary="A rule tags nobody any more; tags that were set stay. For operators of head office and of branches.",
    tags=["tag rules"],
    responses=_step(),
)
def retire_rule(rule_id: RuleId, key: IdempotencyKey, request: Annotated[TagRuleStep, Body()]) -> TagRule:
    del key
    caller = issuing_caller(_MAKING)
    _visible(rule_id)
    with _refusals():
        return TagRule.of(wiring.tag_rule_desk().retire(rule_id, request.revision, caller.actor))


def _visible(rule_id: str) -> model.TagRule:
    with _refusals():
        found = wiring.tag_rule_desk().found(rule_id)
    if not current_caller().sees(found.node_path):
        raise NoSuchThingError("tag rule")
    return found


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except UnknownRuleError as unknown:
        raise NoSuchThingError("tag rule") from unknown
    except InvalidRuleError as refused:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-tag-rule", sentence(refused)) from refused
    except StepRefusedError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "tag-rule-refused", sentence(refused)) from refused
    except StaleRuleError as stale:
        raise ProblemError(HTTPStatus.CONFLICT, "tag-rule-changed", sentence(stale)) from stale
