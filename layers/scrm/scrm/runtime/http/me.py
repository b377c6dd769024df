"""Who the caller is to the API."""

from http import HTTPStatus

from scrm.runtime.http import models
from scrm.runtime.http.routing import current_caller, responses, router


@router.get(
    "/v1/me",
    operation_id="getMe",
    summary="Who the API takes you for.",
    tags=["caller"],
    responses=responses(HTTPStatus.OK, models.Me),
)
def get_me() -> models.Me:
    caller = current_caller()
    return models.Me(subject=caller.subject, node=models.Node.model_validate(caller.node), roles=sorted(caller.roles))
