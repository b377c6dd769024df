"""The admin API as the commands use it."""

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO
from urllib.parse import quote

import requests

from local.cli.errors import CorruptError, UnreachableError, WaitingError, error_of
from local.cli.sign_in import Access

type Row = dict[str, Any]

_TIMEOUT_S = 35  # a little longer than the API's own 29 seconds
_PAGE = 100
_PIECE = 1024 * 1024


class AdminClient:
    """Answers are the API's JSON (docs/contracts/admin-api.openapi.json). Raises the errors of `local.cli.errors`."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"Bearer {access.token}", "Accept": "application/json"})

    def get(self, path: str, **query: str | None) -> Row:
        """What lies at a path; ``path`` is made with `at`."""
        return self._ask("GET", path, params={name: value for name, value in query.items() if value})

    def post(self, path: str, asked: Row) -> Row:
        return self._post(path, asked)

    def post_over(self, path: str, asked: Row, version: int) -> Row:
        """A step on what was read as ``version``; a newer one is not written over."""
        headers = {"Idempotency-Key": uuid.uuid4().hex, "If-Match": f'"{version}"'}
        return self._ask("POST", path, json=asked, headers=headers)

    def put(self, path: str, asked: Row) -> Row:
        return self._ask("PUT", path, json=asked)

    def delete(self, path: str, **query: str | None) -> Row:
        return self._ask("DELETE", path, params={name: value for name, value in query.items() if value})

    def rows(self, path: str, limit: int, **filters: str | None) -> list[Row]:
        """Up to ``limit`` rows of a list; 0 means all."""
        return self._rows(path, limit, filters)

    def me(self) -> Row:
        return self._ask("GET", "/v1/me")

    def cases(self, limit: int, **filters: str | None) -> list[Row]:
        return self._rows("/v1/cases", limit, filters)

    def case(self, case_id: str) -> Row:
        return self._ask("GET", f"/v1/cases/{_segment(case_id)}")

    def edges(self, case_id: str, limit: int, **filters: str | None) -> list[Row]:
        return self._rows(f"/v1/cases/{_segment(case_id)}/edges", limit, filters)

    def groups(self, case_id: str, limit: int, **filters: str | None) -> list[Row]:
        return self._rows(f"/v1/cases/{_segment(case_id)}/groups", limit, filters)

    def reassign(self, case_id: str, kind: str, target_ids: Sequence[str], takeover_userid: str) -> Row:
        asked = {"kind": kind, "target_ids": [*target_ids], "takeover_userid": takeover_userid}
        return self._decide(case_id, "reassign", asked)

    def close(self, case_id: str, reason: str) -> Row:
        return self._decide(case_id, "close", {"reason": reason})

    def preview(self, case_id: str) -> Row:
        return self._ask("GET", f"/v1/cases/{_segment(case_id)}/preview")

    def preview_departure(self, userid: str, successors: Sequence[str] = (), last_day: str = "") -> Row:
        asked = {"successor_userid": ",".join(successors), "last_day": last_day}
        given = {name: value for name, value in asked.items() if value}
        return self._ask("GET", f"/v1/members/{_segment(userid)}/preview", params=given)

    def approve(self, case_id: str, checksum: str) -> Row:
        return self._decide(case_id, "approval", {"checksum": checksum})

    def reject(self, case_id: str, checksum: str, reason: str) -> Row:
        return self._decide(case_id, "rejection", {"checksum": checksum, "reason": reason})

    def replan(self, case_id: str, successors: Sequence[str]) -> Row:
        return self._decide(case_id, "plan", {"successor_userids": [*successors]})

    def _decide(self, case_id: str, decision: str, asked: Row) -> Row:
        return self._post(f"/v1/cases/{_segment(case_id)}/{decision}", asked)

    def _post(self, path: str, asked: Row) -> Row:
        return self._ask("POST", path, json=asked, headers={"Idempotency-Key": uuid.uuid4().hex})

    def certificate(self, case_id: str, *, verify: bool = False) -> Row:
        asked = {"verify": "true"} if verify else {}
        return self._ask("GET", f"/v1/cases/{_segment(case_id)}/certificate", params=asked)

    def download(self, case_id: str, form: str, number: int | None, target: BinaryIO) -> Row:
        """Write the document to ``target`` and compare its hash; what the API said of it. Raises CorruptError."""
        asked = {"format": form} | ({"number": str(number)} if number else {})
        told = self._ask("GET", f"/v1/cases/{_segment(case_id)}/download", params=asked)
        if "decision_id" in told:
            raise WaitingError(f"须由他人复核后才能下载，决定编号：{told['decision_id']}；复核通过后请重新执行")
        digest = hashlib.sha256()
        try:
            with requests.get(told["url"], stream=True, timeout=_TIMEOUT_S) as reply:  # no token: the link is signed
                if not reply.ok:
                    raise CorruptError("下载链接无效或已过期，请重新下载")
                for piece in reply.iter_content(_PIECE):
                    digest.update(piece)
                    target.write(piece)
        except requests.RequestException:
            raise UnreachableError("证明文件所在的存储没有响应") from None
        if digest.hexdigest() != told["sha256"]:
            raise CorruptError("下载的文件与登记的 SHA-256 不一致，请勿使用并联系管理员")
        return told

    def fetch(self, url: str, target: BinaryIO) -> None:
        """Write what a signed link gives to ``target``."""
        try:
            with requests.get(url, stream=True, timeout=_TIMEOUT_S) as reply:  # no token: the link is signed
                if not reply.ok:
                    raise CorruptError("下载链接无效或已过期，请重新下载")
                for piece in reply.iter_content(_PIECE):
                    target.write(piece)
        except requests.RequestException:
            raise UnreachableError("文件所在的存储没有响应") from None

    def put_file(self, url: str, content: bytes) -> None:
        """Put a file where the API said; without a token: the link is signed."""
        try:
            reply = requests.put(url, data=content, timeout=_TIMEOUT_S)
        except requests.RequestException:
            raise UnreachableError("文件所在的存储没有响应") from None
        if not reply.ok:
            raise CorruptError("上传链接无效或已过期，请重新执行")

    def tasks(self, userid: str, limit: int, **filters: str | None) -> list[Row]:
        return self._rows(f"/v1/members/{_segment(userid)}/tasks", limit, filters)

    def end_task(self, task_id: str, state: str, by_userid: str, note: str = "") -> Row:
        """``state``: ``done`` or ``cancelled``."""
        asked = {"state": state, "by_userid": by_userid, "note": note}
        return self._post(f"/v1/tasks/{_segment(task_id)}/end", asked)

    def customers(self, limit: int, finding: str, **filters: str | None) -> list[Row]:
        return self._rows("/v1/customers", limit, {"finding": finding, **filters})

    def customer(self, external_userid: str) -> Row:
        return self._ask("GET", f"/v1/customers/{_segment(external_userid)}")

    def hold(self, external_userid: str, reason: str) -> Row:
        return self._ask("PUT", f"/v1/customers/{_segment(external_userid)}/hold", json={"reason": reason})

    def release(self, external_userid: str, reason: str) -> Row:
        return self._ask("DELETE", f"/v1/customers/{_segment(external_userid)}/hold", params={"reason": reason})

    def assign(self, external_userid: str, userid: str) -> Row:
        return self._ask("PUT", f"/v1/customers/{_segment(external_userid)}/owner", json={"userid": userid})

    def decisions(self, limit: int, **filters: str | None) -> list[Row]:
        return self._rows("/v1/decisions", limit, filters)

    def confirm(self, decision_id: str) -> Row:
        return self._post(f"/v1/decisions/{_segment(decision_id)}/confirmation", {})

    def refuse(self, decision_id: str, reason: str) -> Row:
        return self._post(f"/v1/decisions/{_segment(decision_id)}/refusal", {"reason": reason})

    def rejections(self, limit: int, **filters: str | None) -> list[Row]:
        return self._rows("/v1/rejections", limit, filters)

    def review_rejection(self, rejection_id: str, note: str) -> Row:
        return self._ask("PUT", f"/v1/rejections/{_segment(rejection_id)}/review", json={"note": note})

    def node(self, node_id: str) -> Row:
        return self._ask("GET", f"/v1/nodes/{_segment(node_id)}")

    def nodes_below(self, node_id: str, limit: int) -> list[Row]:
        return self._rows(f"/v1/nodes/{_segment(node_id)}/children", limit, {})

    def change_node(self, node_id: str, setting: Row) -> Row:
        """``setting`` is the whole of it: lifecycle, mode, branch_code and the version that was read."""
        return self._ask("PUT", f"/v1/nodes/{_segment(node_id)}", json=setting)

    def audit(self, limit: int, **filters: str | None) -> list[Row]:
        return self._rows("/v1/audit", limit, filters)

    def orphans(self, limit: int, **filters: str | None) -> list[Row]:
        return self._rows("/v1/orphans", limit, filters)

    def latest_audit(self) -> Row | None:
        """The audit of the whole bank that began last."""
        found: Row | None = self._ask("GET", "/v1/orphans", params={"limit": "1"})["latest_audit"]
        return found

    def settings(self) -> Row:
        return self._ask("GET", "/v1/settings/handover")

    def change_settings(self, version: int, settings: Row) -> Row:
        """``settings`` is the whole document, over ``version``."""
        return self._ask("PUT", "/v1/settings/handover", json={"version": version, "settings": settings})

    def start_sync(self, key: str = "") -> Row:
        """With the key of an earlier request the answer is the earlier one."""
        return self._ask(
            "POST", "/v1/syncs", json={"scope": "all"}, headers={"Idempotency-Key": key or uuid.uuid4().hex}
        )

    def _rows(self, path: str, limit: int, filters: Mapping[str, str | None]) -> list[Row]:
        """Up to ``limit`` rows over as many pages as it takes; 0 means all."""
        found: list[Row] = []
        for page in self._pages(path, {**filters, "limit": str(min(limit or _PAGE, _PAGE))}):
            found += page
            if limit and len(found) >= limit:
                return found[:limit]
        return found

    def _pages(self, path: str, query: Mapping[str, str | None]) -> Iterator[list[Row]]:
        cursor: str | None = None
        while True:
            asked = {name: value for name, value in {**query, "cursor": cursor}.items() if value}
            page = self._ask("GET", path, params=asked)
            yield page["items"]
            cursor = page["cursor"]
            if cursor is None:
                return

    def _ask(self, method: str, path: str, **request: Any) -> Row:
        try:
            reply = self._session.request(method, f"{self._access.api_url}{path}", timeout=_TIMEOUT_S, **request)
        except requests.RequestException:
            raise UnreachableError(f"管理接口没有响应：{self._access.api_url}") from None
        document = _json(reply)
        if not reply.ok:
            raise error_of(reply.status_code, document)
        return document


def at(*segments: str) -> str:
    """The path of the API that these segments name."""
    return "/v1/" + "/".join(map(_segment, segments))


def _segment(text: str) -> str:
    return quote(text, safe="")


def _json(reply: requests.Response) -> Row:
    try:
        document = reply.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
