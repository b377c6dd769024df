"""With which released content a node's new customers are greeted (S55, S56)."""

from http import HTTPStatus
from typing import Annotated, Self

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import Field

from scrm import clock
from scrm.runtime.http.content_requests import issuing_caller
from scrm.runtime.http.problems import NoSuchThingError, ProblemError, sentence
from scrm.runtime.http.routing import NodeId, responses, router, scope
from scrm.runtime.http.wire import Asked, Reply, Timestamp
from scrm.runtime.wiring import admin_api as wiring
from scrm.wecom.limits import STATE_LENGTH
from scrm.welcome import model
from scrm.welcome.rules import RuleRefusedError, StaleRuleError

_SETTING = "Setting welcome messages"
_STATE = "The state of the contact way by which a customer comes; empty: any other, or none."
RuleNode = Annotated[str, Path(max_length=64, description="The organisation node whose rule it is.")]
State = Annotated[str, Query(max_length=STATE_LENGTH, description=_STATE)]


class WelcomeRuleRequest(Asked):
    """The released version that greets, over the revision that was read; 0 when there was no rule."""

    state: str = Field(default="", max_length=STATE_LENGTH, description=_STATE)
    activity_id: str = Field(min_length=1, max_length=64)
    version: int = Field(ge=1)
    revision: int = Field(default=0, ge=0)


class WelcomeRule(Reply):
    node_id: str
    state: str
    activity_id: str
    version: int
    content_hash: str
    set_by: str
    set_at: Timestamp
    revision: int

    @classmethod
    def of(cls, rule: model.WelcomeRule) -> Self:
        return cls(
            node_id=rule.node_id,
            state=rule.state,
            activity_id=rule.activity_id,
            version=rule.version,
            content_hash=rule.content_hash,
            set_by=rule.set_by,
            set_at=rule.set_at,
            revision=rule.revision,
        )


class WelcomeRules(Reply):
    """The node's own rules, then those of the nodes above it: the first that fits a customer counts."""

    items: list[WelcomeRule]


@router.get(
    "/v1/welcome-rules",
    operation_id="listWelcomeRules",
    summary="How new customers of a node's members are greeted.",
    tags=["welcome"],
    responses=responses(HTTPStatus.OK, WelcomeRules, HTTPStatus.NOT_FOUND),
)
def list_rules(node_id: NodeId = None) -> WelcomeRules:
    return WelcomeRules(items=[WelcomeRule.of(rule) for rule in wiring.welcome_desk().in_force(scope(node_id))])


@router.put(
    "/v1/welcome-rules/<node_id>",
    operation_id="putWelcomeRule",
    summary="Greet a node's new customers with a released version. For operators of head office and of branches.",
    tags=["welcome"],
    responses=responses(HTTPStatus.OK, WelcomeRule, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def put_rule(node_id: RuleNode, request: Annotated[WelcomeRuleRequest, Body()]) -> WelcomeRule:
    caller, path = issuing_caller(_SETTING), scope(node_id)
    wanted = model.WelcomeRule(
        node_id=node_id,
        state=request.state,
        activity_id=request.activity_id,
        version=request.version,
        content_hash="",
        set_by=caller.actor,
        set_at=clock.now(),
        revision=request.revision,
    )
    try:
        return WelcomeRule.of(wiring.welcome_desk().put(wanted, path))
    except RuleRefusedError as refused:
        raise ProblemError(HTTPStatus.CONFLICT, "content-refused", sentence(refused)) from refused
    except StaleRuleError as stale:
        raise ProblemError(HTTPStatus.CONFLICT, "rule-changed", sentence(stale)) from stale


@router.delete(
    "/v1/welcome-rules/<node_id>",
    operation_id="removeWelcomeRule",
    summary="Remove a rule; the nodes above count again. For operators of head office and of branches.",
    tags=["welcome"],
    responses=responses(HTTPStatus.OK, WelcomeRule, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def remove_rule(node_id: RuleNode, state: State = "") -> WelcomeRule:
    caller, path = issuing_caller(_SETTING), scope(node_id)
    try:
        removed = wiring.welcome_desk().remove(node_id, state, path, caller.actor)
    except StaleRuleError as stale:
        raise ProblemError(HTTPStatus.CONFLICT, "rule-changed", sentence(stale)) from stale
    if removed is None:
        raise NoSuchThingError("rule")
    return WelcomeRule.of(removed)
