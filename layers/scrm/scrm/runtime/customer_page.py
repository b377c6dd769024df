"""The customer's page: HTML in Chinese for a phone, from strings, with nothing from elsewhere and no script.

It shows what stands and names nobody. Every answer forbids to store, frame, index or pass on its address, which is
a key.
"""

import base64
import hashlib
from http import HTTPStatus
from string import Template
from typing import Any, Final
from urllib.parse import parse_qs

from scrm import clock
from scrm.consent.model import ConsentAnswer, Standing

MAX_BODY_BYTES: Final = 1_024
_MOST_FIELDS: Final = 8


class UnclearChoiceError(Exception):
    """The form came without a known answer, or without its confirmation."""


class TooLargeError(Exception):
    """The form is longer than any of ours."""


def choice_in(body: bytes) -> ConsentAnswer:
    """The confirmed answer of a form (``answer=opted_out&confirm=1``). Raises UnclearChoiceError, TooLargeError."""
    if len(body) > MAX_BODY_BYTES:
        raise TooLargeError
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=_MOST_FIELDS)
        [answer], [confirmed] = fields.get("answer", []), fields.get("confirm", [])
        wanted = ConsentAnswer(answer)
    except ValueError:
        raise UnclearChoiceError from None
    if confirmed != "1":
        raise UnclearChoiceError
    return wanted


def choices(standing: Standing | None, bank: str, *, is_recorded: bool = False) -> dict[str, Any]:
    """What stands, and what he can do about it."""
    answer, bank = standing.answer if standing else None, _escaped(bank)
    since = _SINCE.format(_day(standing)) if standing else ""
    parts = [
        _RECORDED if is_recorded else "",
        _STANDS.substitute(_STATES[answer], since=since),
        _LEAD.substitute(bank=bank),
        _OPT_OUT if answer is not ConsentAnswer.OPTED_OUT else "",
        _OPT_IN.substitute(bank=bank) if answer is not ConsentAnswer.CONSENTED else "",
        _NOTES,
    ]
    return _page(HTTPStatus.OK, bank, "营销信息接收设置", "".join(parts))


def refusal(status: HTTPStatus, bank: str) -> dict[str, Any]:
    """Why nothing was shown or recorded, in the customer's words."""
    title, text = _REFUSALS[status]
    return _page(status, _escaped(bank), title, f'<p class="lead">{text}</p>')


def _day(standing: Standing) -> str:
    found = standing.at.astimezone(clock.BUSINESS_ZONE)
    return f"{found.year}年{found.month}月{found.day}日"


def _page(status: HTTPStatus, bank: str, title: str, body: str) -> dict[str, Any]:
    html = _PAGE.substitute(style=_STYLE, bank=bank, title=title, body=body)
    return {"statusCode": int(status), "headers": _HEADERS, "body": html}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


_STYLE: Final = (
    ":root{color-scheme:light dark;--ink:#1a1f26;--soft:#56606b;--back:#f3f5f7;--card:#fff;--line:#d5dbe1;"
    "--main:#0b5cad;--on:#fff;--off:#a3321f;--ok:#17663a}"
    "@media(prefers-color-scheme:dark){:root{--ink:#eef1f4;--soft:#b3bcc6;--back:#12161b;--card:#1d232a;--line:#3a434d;"
    "--main:#7db8f5;--on:#0d1722;--off:#f2a394;--ok:#8fd3ab}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--back);color:var(--ink);font:17px/1.65 -apple-system,BlinkMacSystemFont,"
    "'PingFang SC','HarmonyOS Sans SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif;-webkit-text-size-adjust:100%}"
    "main{max-width:34rem;margin:0 auto;padding:1.25rem 1.25rem calc(2rem + env(safe-area-inset-bottom))}"
    ".bank{margin:0;color:var(--soft);font-size:.9rem}"
    "h1{margin:.1rem 0 1rem;font-size:1.45rem;line-height:1.35}"
    "section{margin:0 0 1rem;padding:1.1rem;background:var(--card);border:1px solid var(--line);border-radius:12px}"
    "h2{margin:0 0 .35rem;font-size:1rem;line-height:1.4}"
    "p{margin:0 0 .75rem}p:last-child,form:last-child{margin-bottom:0}"
    ".state{font-size:1.2rem;font-weight:600;line-height:1.4}.state small{display:block;color:var(--soft);"
    "font-size:.9rem;font-weight:400}"
    ".lead{font-size:1rem}.off{color:var(--off)}.on{color:var(--ok)}"
    ".done{border-left:5px solid var(--ok);font-weight:600}"
    "button{width:100%;min-height:3rem;padding:.6rem 1rem;border:1px solid var(--main);border-radius:10px;"
    "background:var(--main);color:var(--on);font:inherit;font-weight:600;cursor:pointer;-webkit-appearance:none}"
    "button.second{background:transparent;color:var(--main)}"
    "button:focus-visible,input:focus-visible{outline:3px solid var(--main);outline-offset:3px}"
    "label{display:flex;gap:.75rem;align-items:flex-start;margin:0 0 .9rem;padding:.35rem 0}"
    "input{flex:none;width:1.5rem;height:1.5rem;margin:.1rem 0 0;accent-color:var(--main)}"
    "ul{margin:0;padding-left:1.15rem;color:var(--soft);font-size:.92rem}li{margin:0 0 .35rem}"
)
_PAGE: Final = Template(
    '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover">'
    '<meta name="robots" content="noindex,nofollow"><meta name="format-detection" content="telephone=no">'
    "<title>$title</title><style>$style</style></head>"
    '<body><main><p class="bank">$bank</p><h1>$title</h1>$body</main></body></html>'
)
_RECORDED: Final = '<section class="done" role="status">已为您登记，即时生效。</section>'
_STANDS: Final = Template(
    '<section><h2>您目前的选择</h2><p class="state"><span class="$colour">$words</span><small>$since</small></p>'
    "</section>"
)
_SINCE: Final = "自{}起"
_STATES: Final = {
    None: {"colour": "", "words": "尚未作出选择"},
    ConsentAnswer.OPTED_OUT: {"colour": "off", "words": "不接收营销信息"},
    ConsentAnswer.CONSENTED: {"colour": "on", "words": "同意接收营销信息"},
}
_LEAD: Final = Template(
    '<p class="lead">您可以在此选择是否接收${bank}通过企业微信向您发送的营销信息，包括产品推介、活动通知等。</p>'
)
_OPT_OUT: Final = (
    '<section><h2>不再接收</h2><form method="post">'
    '<input type="hidden" name="answer" value="opted_out"><input type="hidden" name="confirm" value="1">'
    '<button type="submit">不再接收营销信息</button></form></section>'
)
_OPT_IN: Final = Template(
    '<section><h2>同意接收</h2><form method="post"><input type="hidden" name="answer" value="consented">'
    '<label><input type="checkbox" name="confirm" value="1" required>'
    "<span>我同意接收${bank}的营销信息，并知悉可随时拒绝。</span></label>"
    '<button type="submit" class="second">同意接收营销信息</button></form></section>'
)
_NOTES: Final = (
    "<section><h2>说明</h2><ul><li>拒绝营销信息不影响您办理业务，也不影响账户、交易等服务通知。</li>"
    "<li>客户经理在您作出选择之前已发出的消息，仍可能送达。</li>"
    "<li>客户群内的消息和客户经理发布的朋友圈由多人共同看到，无法为您单独屏蔽；您可将该群设为免打扰或退出，"
    "或设置不看该客户经理的朋友圈。</li>"
    "<li>本页链接仅供您本人使用，请勿转发。</li></ul></section>"
)
_TELL: Final = "您也可以直接告知您的客户经理不希望接收营销信息，我们会为您登记。"
_REFUSALS: Final = {
    HTTPStatus.NOT_FOUND: ("链接无效", f"该链接不完整或已失效。请从原消息中重新打开。{_TELL}"),
    HTTPStatus.GONE: ("链接已过期", f"该链接已超过有效期，请使用较新消息中的链接。{_TELL}"),
    HTTPStatus.BAD_REQUEST: ("未能登记", "未收到您的确认。请返回上一页，勾选确认后再提交。"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("未能登记", "提交的内容过长。请返回上一页重新操作。"),
    HTTPStatus.TOO_MANY_REQUESTS: ("更改过于频繁", f"您今天已多次更改，请明天再试。{_TELL}"),
    HTTPStatus.SERVICE_UNAVAILABLE: ("系统繁忙", f"暂时无法处理，请稍后再试。{_TELL}"),
}
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
