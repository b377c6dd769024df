"""Customer transfers and their results, on-job and resigned (6.1 to 6.5)."""

from local.simulator import errors
from local.simulator.api import arguments, paging
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.errors import ApiError
from local.simulator.model import TransferKind
from local.simulator.transfer_book import TransferAttempt
from local.simulator.world import fold

_RESULTS_PER_PAGE = 1_000
_UNASSIGNED_PER_PAGE = 1_000
_SUCCESS_MESSAGE_CHARS = 200


def transfer_onjob(call: Call) -> Body:
    arguments.optional_text(call.args, "transfer_success_msg", chars=_SUCCESS_MESSAGE_CHARS)
    return _transfer(call, "onjob")


def transfer_resigned(call: Call) -> Body:
    return _transfer(call, "resigned")


def onjob_result(call: Call) -> Body:
    return _result(call, "onjob")


def resigned_result(call: Call) -> Body:
    return _result(call, "resigned")


def unassigned(call: Call) -> Body:
    """Corp-wide: what leavers' customers still wait. With the old ``page_id`` there is no next cursor."""
    limit = paging.asked_limit(call, default=_UNASSIGNED_PER_PAGE, maximum=_UNASSIGNED_PER_PAGE, name="page_size")
    pool = call.world.unassigned
    keys = pool.in_order(by_time=call.knobs.unassigned_order == "dimission")
    if call.args.get("page_id") is not None and not call.args.get("cursor"):
        number = arguments.integer(call.args, "page_id")
        page, is_last, cursor = keys[number * limit : (number + 1) * limit], (number + 1) * limit >= len(keys), None
    else:
        page, cursor = paging.page_of(call, keys, lambda key: key, limit=limit, scan="unassigned")
        is_last = cursor == ""
    info = [
        {
            "handover_userid": row.handover_userid,
            "external_userid": row.external_userid,
            "dimission_time": row.dimission_time,
        }
        for row in map(pool.at, page)
    ]
    return {"info": info, "is_last": is_last} | ({} if cursor is None else {"next_cursor": cursor})


def transfer_legacy(call: Call) -> Body:
    """The frozen call for one customer; an array is 41035. Works for present and departed members."""
    customer = call.args.get("external_userid")
    if not isinstance(customer, str) or not customer:
        raise ApiError(errors.EXTERNAL_USERID_MISSING)
    handover = arguments.userid(call.args, "handover_userid", missing=errors.MISSING_PARAMETER)
    takeover = arguments.userid(call.args, "takeover_userid", missing=errors.MISSING_PARAMETER)
    kind = _legacy_kind(call, handover)
    (row,) = call.engines.transfers.start(kind, call.app, handover, takeover, [customer])
    if row["errcode"]:
        raise ApiError(row["errcode"])
    return {}


def result_legacy(call: Call) -> Body:
    customer = arguments.text(call.args, "external_userid", missing=errors.EXTERNAL_USERID_MISSING)
    handover = arguments.userid(call.args, "handover_userid", missing=errors.MISSING_PARAMETER)
    takeover = arguments.userid(call.args, "takeover_userid", missing=errors.MISSING_PARAMETER)
    attempts = _attempts(call, _legacy_kind(call, handover), handover, takeover)
    mine = [attempt for attempt in attempts if attempt.external_userid == customer and _shows(call, attempt)]
    if not mine:
        raise ApiError(errors.NOT_A_FOLLOWER)
    return {"status": mine[-1].status, "takeover_time": mine[-1].takeover_time}


def _legacy_kind(call: Call, handover: str) -> TransferKind:
    return "resigned" if call.world.leaver(handover) else "onjob"


def _transfer(call: Call, kind: TransferKind) -> Body:
    handover = arguments.userid(call.args, "handover_userid", missing=errors.MISSING_PARAMETER)
    takeover = arguments.userid(call.args, "takeover_userid", missing=errors.MISSING_PARAMETER)
    customers = arguments.text_list(call.args, "external_userid", missing=errors.EXTERNAL_USERID_MISSING)
    return {"customer": call.engines.transfers.start(kind, call.app, handover, takeover, customers)}


def _result(call: Call, kind: TransferKind) -> Body:
    handover = arguments.userid(call.args, "handover_userid", missing=errors.MISSING_PARAMETER)
    takeover = arguments.userid(call.args, "takeover_userid", missing=errors.MISSING_PARAMETER)
    if not call.sees(takeover) or not call.sees(handover):
        raise ApiError(errors.USER_UNKNOWN)
    refuses = kind == "onjob" and call.knobs.onjob_result_of_departed == "refuses"
    if refuses and call.world.member(handover) is None:
        raise ApiError(errors.USER_UNKNOWN, "handover_userid")
    page, cursor = paging.page_of(
        call,
        _attempts(call, kind, handover, takeover),
        lambda row: row.attempt_id,
        limit=_RESULTS_PER_PAGE,
        scan=[fold(handover), fold(takeover)],
        keep=lambda row: _shows(call, row),
    )
    customers = [
        {"external_userid": row.external_userid, "status": row.status, "takeover_time": row.takeover_time}
        for row in page
    ]
    return {"customer": customers, "next_cursor": cursor}


def _attempts(call: Call, kind: TransferKind, handover: str, takeover: str) -> list[TransferAttempt]:
    """All attempts of the pair in the order of their ids: one row each, repeated attempts included."""
    return call.engines.simulation.state.transfers.by_pair.get((kind, fold(handover), fold(takeover)), [])


def _shows(call: Call, attempt: TransferAttempt) -> bool:
    return attempt.status is not None and attempt.started_at <= call.now - call.knobs.result_lag_seconds


ENDPOINTS = {
    "externalcontact/transfer_customer": Endpoint("POST", "customer", transfer_onjob, {"customer": []}),
    "externalcontact/resigned/transfer_customer": Endpoint("POST", "customer", transfer_resigned, {"customer": []}),
    "externalcontact/transfer_result": Endpoint("POST", "customer", onjob_result, {"customer": []}),
    "externalcontact/resigned/transfer_result": Endpoint("POST", "customer", resigned_result, {"customer": []}),
    "externalcontact/get_unassigned_list": Endpoint("POST", "customer", unassigned, {"info": []}),
    "externalcontact/transfer": Endpoint("POST", "customer", transfer_legacy),
    "externalcontact/get_transfer_result": Endpoint("POST", "customer", result_legacy),
}
