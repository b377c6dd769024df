"""The way of one API call: faults, ban, token, trusted IP, permission, budgets, concurrency, endpoint, ledger."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.simulator import access, errors
from local.simulator.api.call import Body, Call, Endpoint, Engines, FileBody
from local.simulator.api.endpoints import ENDPOINTS
from local.simulator.decoration import decorate
from local.simulator.errors import ApiError, error_message
from local.simulator.faults import Trouble
from local.simulator.ledger import CallRecord
from local.simulator.model import App
from local.simulator.multipart import first_file

TOKEN_PATH = "gettoken"  # noqa: S105 - a path, not a secret
_OK = 200
_PARTIAL, _NOT_FOUND = 206, 404
_WRONG_JSON = "Warning: wrong json format."
_ID_LISTS = ("external_userid", "chat_id_list", "userid_list", "tag_id", "add_tag")
_IDS = ("userid", "external_userid", "chat_id")


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """``path`` is below ``/cgi-bin/``."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    source: str
    content_type: str = ""
    byte_range: str = ""


@dataclass(frozen=True, slots=True)
class ApiReply:
    """``file`` is what is answered instead of the JSON ``body``; ``spoiled`` is the fault that befell it on the way."""

    status: int
    body: Body
    file: FileBody | None = None
    spoiled: str | None = None


@dataclass(slots=True)
class _Progress:
    """What is known of a call so far; it ends in the ledger."""

    started: float
    app: App | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    errcode: int | None = None
    status: int = _OK


class Gate:
    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._simulation = engines.simulation
        self.in_flight: Counter[str] = Counter()

    def enter(self, request: ApiRequest) -> Trouble:
        """A call arrives; what the faults make of it."""
        self.in_flight[request.path] += 1
        return self._simulation.state.faults.strike(request.path, self._simulation.now())

    def leave(self, request: ApiRequest) -> None:
        self.in_flight[request.path] -= 1

    def record_unheard(self, request: ApiRequest, trouble: Trouble) -> None:
        """The connection was closed before any work."""
        self._record(request, trouble, _Progress(time.perf_counter()), answered=False)

    def answer(self, request: ApiRequest, trouble: Trouble) -> ApiReply:
        """Do the work of a call, and record it."""
        progress = _Progress(time.perf_counter())
        body = self._body(request, trouble, progress)
        if isinstance(body, FileBody) and body.part:
            progress.status = _PARTIAL
        self._record(request, trouble, progress, answered=not trouble.drop_after)
        if isinstance(body, FileBody):
            return ApiReply(progress.status, {}, body, trouble.spoil)
        if trouble.spoil == "bare":
            body = {name: body[name] for name in ("errcode", "errmsg") if name in body}
        return ApiReply(progress.status, body, None, trouble.spoil)

    def _body(self, request: ApiRequest, trouble: Trouble, progress: _Progress) -> Body | FileBody:
        if trouble.http_status is not None:
            progress.status = trouble.http_status
            return {}
        endpoint = ENDPOINTS.get(request.path)
        if endpoint is None and request.path != TOKEN_PATH:
            progress.status = _NOT_FOUND
            return {}
        try:
            answer = (
                self._token(request, trouble) if endpoint is None else self._work(endpoint, request, trouble, progress)
            )
        except ApiError as error:
            progress.errcode = error.errcode
            text = error_message(error.errcode, self._simulation.now(), request.source, error.detail)
            body = {**(endpoint.empty if endpoint else {})}
            if endpoint is None or not endpoint.takes_file:
                text = self._with_json_warning(request, text)
            return {"errcode": error.errcode, "errmsg": text, **body}
        progress.errcode = errors.OK
        if isinstance(answer, FileBody):
            return answer
        return {"errcode": errors.OK, "errmsg": "ok", **decorate(answer, self._simulation.knobs)}

    def _token(self, request: ApiRequest, trouble: Trouble) -> Body:
        now = self._simulation.now()
        self._check_source(request)
        self._check_budget(request, trouble)
        state = self._simulation.state
        token = state.tokens.fetch(state.world, state.knobs, dict(request.query), source=request.source, now=now)
        return {"access_token": token.text, "expires_in": int(token.expires_at - now)}

    def _work(self, endpoint: Endpoint, request: ApiRequest, trouble: Trouble, progress: _Progress) -> Body | FileBody:
        self._check_source(request)
        app = self._authorised(endpoint, request, progress)
        progress.args = _args(endpoint, request)
        self._check_budget(request, trouble)
        if endpoint.method == "POST" and request.method != "POST":
            raise ApiError(errors.INVALID_PARAMETER, "POST expected,")
        file = first_file(request.content_type, request.body) if endpoint.takes_file else None
        now, byte_range = self._simulation.now(), request.byte_range
        call = Call(request.path, progress.args, app, request.source, now, self._engines, file, byte_range)
        return endpoint.answer(call)

    def _check_source(self, request: ApiRequest) -> None:
        if self._simulation.state.tokens.banned(request.source, self._simulation.now()):
            raise ApiError(errors.RATE_LIMIT, "ip blocked,")

    def _authorised(self, endpoint: Endpoint, request: ApiRequest, progress: _Progress) -> App:
        state = self._simulation.state
        app = state.world.apps[state.tokens.resolve(request.query.get("access_token"), self._simulation.now())]
        progress.app = app
        if not app.enabled:
            raise ApiError(errors.APP_DISABLED)
        if app.trusted_ips and request.source not in app.trusted_ips:
            raise ApiError(errors.ARCHIVE_IP if app.kind == "archive" else errors.IP_NOT_TRUSTED)
        if errcode := access.refusal(app, endpoint.access, state.knobs):
            raise ApiError(errcode)
        return app

    def _check_budget(self, request: ApiRequest, trouble: Trouble) -> None:
        state, now = self._simulation.state, self._simulation.now()
        if self.in_flight[request.path] > state.knobs.concurrency_cap:
            raise ApiError(errors.TOO_MANY_CONCURRENT)
        debug = request.query.get("debug") == "1"
        if not state.limits.admit(request.path, request.source, state.knobs, now, debug=debug):
            raise ApiError(errors.RATE_LIMIT)
        if trouble.errcode is not None:
            raise ApiError(trouble.errcode)

    def _with_json_warning(self, request: ApiRequest, text: str) -> str:
        return f"{_WRONG_JSON} {text}" if request.method == "POST" and _json_object(request.body) is None else text

    def _record(self, request: ApiRequest, trouble: Trouble, progress: _Progress, *, answered: bool) -> None:
        calls = self._simulation.ledger.calls
        record = CallRecord(
            seq=len(calls) + 1,
            at=self._simulation.now(),
            path=request.path,
            app=progress.app.app if progress.app else None,
            source=request.source,
            ids=_count_ids(progress.args),
            errcode=progress.errcode,
            duration_ms=round((time.perf_counter() - progress.started) * 1000, 3),
            http_status=progress.status,
            answered=answered,
            fault=trouble.fault_id,
        )
        calls.append(record)


def _args(endpoint: Endpoint, request: ApiRequest) -> Mapping[str, Any]:
    if endpoint.method == "GET" or endpoint.takes_file:
        return request.query
    return _json_object(request.body) or {}


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _count_ids(args: Mapping[str, Any]) -> int:
    counted = sum(len(value) for name in _ID_LISTS if isinstance(value := args.get(name), list))
    return counted or sum(isinstance(args.get(name), str) for name in _IDS)
