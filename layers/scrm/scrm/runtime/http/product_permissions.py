"""Who may offer which product: given by head office and branches to members they see, else denied (S58)."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from scrm import clock
from scrm.ids import fold_userid
from scrm.runtime.http import product_models
from scrm.runtime.http.content_requests import issuing_caller, once, refusals
from scrm.runtime.http.problems import NoSuchThingError
from scrm.runtime.http.products import ProductId
from scrm.runtime.http.routing import IdempotencyKey, MemberUserid, current_caller, json_reply, responses, router
from scrm.runtime.wiring import admin_api as wiring

_GIVING = "Giving product permissions"
QualificationCode = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,32}$", description="The certificate's code.")]
_MEMBER = responses(HTTPStatus.OK, product_models.MemberPermissions, HTTPStatus.NOT_FOUND)


@router.post(
    "/v1/product-permissions",
    operation_id="grantProduct",
    summary="Let up to 100 members offer a product. For operators of head office and of branches.",
    tags=["products"],
    status_code=HTTPStatus.CREATED,
    responses=responses(
        HTTPStatus.CREATED,
        product_models.GrantsDone,
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
    ),
)
def grant(
    key: IdempotencyKey, request: Annotated[product_models.GrantRequest, Body()]
) -> Response[product_models.GrantsDone]:
    caller = issuing_caller(_GIVING)
    members = [fold_userid(userid) for userid in dict.fromkeys(request.userids)]
    paths = wiring.member_places().paths_of(members)
    if any(not caller.sees(paths.get(member, "")) for member in members):
        raise NoSuchThingError("member among those named")

    def carry_out() -> str:
        wiring.permission_changes().grant(
            request.product_id, members, request.effective_from, request.effective_until, caller.actor
        )
        return request.product_id

    with refusals("product"):
        once("product-permission", key, request, carry_out)
    return json_reply(
        HTTPStatus.CREATED, product_models.GrantsDone(product_id=request.product_id, userids=sorted(members))
    )


@router.get(
    "/v1/product-permissions/<userid>",
    operation_id="getMemberPermissions",
    summary="What a member may offer, and why not what he was granted.",
    tags=["products"],
    responses=_MEMBER,
)
def get_permissions(userid: MemberUserid) -> product_models.MemberPermissions:
    return _of_member(_visible_member(userid))


@router.delete(
    "/v1/product-permissions/<userid>/products/<product_id>",
    operation_id="withdrawProduct",
    summary="End a member's permission for a product now.",
    tags=["products"],
    responses=_MEMBER,
)
def withdraw(userid: MemberUserid, product_id: ProductId) -> product_models.MemberPermissions:
    caller, member = issuing_caller(_GIVING), _visible_member(userid)
    wiring.permission_changes().withdraw(product_id, member, caller.actor)
    return _of_member(member)


@router.put(
    "/v1/product-permissions/<userid>/qualifications/<code>",
    operation_id="putQualification",
    summary="Record a member's certificate and until when it is good.",
    tags=["products"],
    responses=_MEMBER,
)
def put_qualification(
    userid: MemberUserid,
    code: QualificationCode,
    request: Annotated[product_models.QualificationRequest, Body()],
) -> product_models.MemberPermissions:
    caller, member = issuing_caller(_GIVING), _visible_member(userid)
    wiring.permission_changes().qualify(member, code, request.valid_until, caller.actor)
    return _of_member(member)


def _visible_member(userid: str) -> str:
    member = fold_userid(userid)
    if not current_caller().sees(wiring.member_places().paths_of([member]).get(member, "")):
        raise NoSuchThingError("member")
    return member


def _of_member(member: str) -> product_models.MemberPermissions:
    found, whys = wiring.content_library().permissions.of_member(member, clock.now())
    return product_models.MemberPermissions.of(member, found, whys)
