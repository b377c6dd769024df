"""The admin API as the commands use it."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import requests

from local.cli.errors import UnreachableError, error_of
from local.cli.sign_in import Access

type Row = dict[str, Any]

_TIMEOUT_S = 35  # a little longer than the API's own 29 seconds
_PAGE = 100


class AdminClient:
    """Answers are the API's JSON (docs/contracts/admin-api.openapi.json). Raises the errors of `local.cli.errors`."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"Bearer {access.token}", "Accept": "application/json"})

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

    def _decide(self, case_id: str, decision: str, asked: Row) -> Row:
        path = f"/v1/cases/{_segment(case_id)}/{decision}"
        return self._ask("POST", path, json=asked, headers={"Idempotency-Key": uuid.uuid4().hex})

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


def _segment(text: str) -> str:
    return quote(text, safe="")


def _json(reply: requests.Response) -> Row:
    try:
        document = reply.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
