"""Who the caller is to the API."""

from http import HTTPStatus

from scrm.runtime.http.routing import current_caller, responses, router
from scrm.runtime.http.wire import Reply


class Node(Reply):
    node_id: str
    name: str
    path: str


class Me(Reply):
    """Who the API takes the caller for, and what he sees: everything at or below ``node``."""

    subject: str
    node: Node
    roles: list[str]


@router.get(
    "/v1/me",
    operation_id="getMe",
    summary="Who the API takes you for.",
    tags=["caller"],
    responses=responses(HTTPStatus.OK, Me),
)
def get_me() -> Me:
    caller = current_caller()
    return Me(subject=caller.subject, node=Node.model_validate(caller.node), roles=sorted(caller.roles))
