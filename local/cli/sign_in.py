"""Where the API is and who asks: from the environment, or from the local run's endpoints file."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from local.cli.errors import NotConfiguredError, SignInError, UnreachableError

DEFAULT_ENDPOINTS = Path(__file__).resolve().parents[2] / ".local" / "endpoints.json"
DEFAULT_OPERATOR = "head_office"
_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Access:
    """Base URL of the API and a token for it. The token is never shown."""

    api_url: str
    token: str

    def __repr__(self) -> str:
        return f"Access(api_url={self.api_url!r})"


def sign_in(operator: str | None, endpoints: Path = DEFAULT_ENDPOINTS) -> Access:
    """``SCRM_API_URL`` and ``SCRM_TOKEN`` when both are set, else the local run as ``operator``.

    Raises NotConfiguredError, SignInError, UnreachableError.
    """
    api_url, token = os.environ.get("SCRM_API_URL", ""), os.environ.get("SCRM_TOKEN", "")
    if api_url or token:
        if not (api_url and token):
            raise NotConfiguredError("SCRM_API_URL 和 SCRM_TOKEN 必须同时设置")
        if operator:
            raise NotConfiguredError("--as 只用于本地运行；已设置 SCRM_TOKEN 时由令牌决定身份")
        _refuse_plain_http(api_url)
        return Access(api_url.rstrip("/"), token)
    known = _read(endpoints)
    return Access(known["admin_api_url"].rstrip("/"), _token(known["identity"], operator or DEFAULT_OPERATOR))


def _refuse_plain_http(api_url: str) -> None:
    """A token must not cross a network in the clear."""
    parts = urlsplit(api_url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
        raise NotConfiguredError("SCRM_API_URL 必须以 https:// 开头")


def _read(endpoints: Path) -> dict[str, Any]:
    try:
        known: dict[str, Any] = json.loads(endpoints.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotConfiguredError(
            "没有正在运行的本地环境：请先执行 make up，或设置 SCRM_API_URL 和 SCRM_TOKEN"
        ) from None
    except ValueError:
        raise NotConfiguredError(f"{endpoints.name} 不是有效的 JSON，请重新执行 make up") from None
    if not {"admin_api_url", "identity"} <= known.keys():
        raise NotConfiguredError(f"{endpoints.name} 缺少 admin_api_url 或 identity，请重新执行 make up")
    return known


def _token(identity: dict[str, str], operator: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": operator}
    try:
        reply = requests.post(identity["token_url"], data=form, timeout=_TIMEOUT_S)
    except requests.RequestException:
        raise UnreachableError("身份服务没有响应：本地环境可能已停止，请执行 make up") from None
    if reply.status_code != requests.codes.ok:
        raise SignInError(
            f"没有名为 {operator} 的操作员；可用：head_office、checker、compliance、auditor、branch_<部门编号> 等"
        )
    token: str = reply.json()["access_token"]
    return token
