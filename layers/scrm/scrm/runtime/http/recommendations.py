"""Which released content fits a customer, and why (S26). What he must not get is never among it."""

from http import HTTPStatus
from typing import Annotated, Self

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from scrm.audience import needs
from scrm.ids import fold_userid
from scrm.runtime.http.problems import NoSuchThingError
from scrm.runtime.http.routing import MemberUserid, current_caller, responses, router
from scrm.runtime.http.visible_customers import place_of, visible_customer
from scrm.runtime.http.wire import Reply, Timestamp
from scrm.runtime.wiring import admin_api as wiring

CustomerId = Annotated[str, Path(max_length=64, description="The customer's external_userid.")]
Most = Annotated[int, Query(ge=1, le=100, description="The most pressing ones, so many at most.")]


class Recommendation(Reply):
    """A content and why: ``rule_id`` of the settings ``needs``, ``reason`` its words, ``because`` its expression."""

    activity_id: str
    version: int
    title: str
    kind: str
    scenes: list[str]
    product_id: str
    product_risk: int | None
    valid_until: Timestamp
    score: int
    rule_id: str
    reason: str
    because: str

    @classmethod
    def of(cls, found: needs.Recommendation) -> Self:
        content, need = found.content, found.need
        return cls(
            activity_id=content.activity_id,
            version=content.version,
            title=content.title,
            kind=content.kind,
            scenes=list(content.scenes),
            product_id=content.product_id,
            product_risk=content.product_risk,
            valid_until=content.valid_until,
            score=need.score,
            rule_id=need.rule_id,
            reason=need.reason,
            because=found.because,
        )


class CustomerRecommendations(Reply):
    """The most pressing first; none where nothing fits, or nothing may be offered."""

    external_userid: str
    owner_userid: str
    items: list[Recommendation]


class NeedyCustomer(Reply):
    """A customer and what fits him best."""

    external_userid: str
    best: Recommendation


class MemberRecommendations(Reply):
    """The member's customers whose needs are most pressing."""

    userid: str
    items: list[NeedyCustomer]


@router.get(
    "/v1/customers/<external_userid>/recommendations",
    operation_id="listCustomerRecommendations",
    summary="Released content that fits a customer, with score and reason. Whom nothing may be sent gets none.",
    tags=["audience"],
    responses=responses(HTTPStatus.OK, CustomerRecommendations, HTTPStatus.NOT_FOUND),
)
def list_customer_recommendations(external_userid: CustomerId) -> CustomerRecommendations:
    customer = visible_customer(external_userid)
    owner = customer.owner_userid
    found = wiring.recommender().of_customer(external_userid, owner, place_of(customer)) if owner else []
    return CustomerRecommendations(
        external_userid=external_userid, owner_userid=owner, items=[Recommendation.of(each) for each in found]
    )


@router.get(
    "/v1/members/<userid>/recommendations",
    operation_id="listMemberRecommendations",
    summary="A member's customers with the most pressing needs, each with the content that fits best.",
    tags=["audience"],
    responses=responses(HTTPStatus.OK, MemberRecommendations, HTTPStatus.NOT_FOUND),
)
def list_member_recommendations(userid: MemberUserid, limit: Most = 20) -> MemberRecommendations:
    found = wiring.org_queries().detail(fold_userid(userid))
    if found is None or not current_caller().sees(found.member.node_path):
        raise NoSuchThingError("member")
    member = found.member
    ranked = wiring.recommender().of_member(member.userid, member.node_path, limit)
    items = [NeedyCustomer(external_userid=one, best=Recommendation.of(best)) for one, best in ranked]
    return MemberRecommendations(userid=member.userid, items=items)
